import type { SchemaTree } from 'hyparquet';
import type { DatasetColumnType } from './dataset-schema.ts';

/** Brings a value that is not null to the form of `DatasetRow`. */
export type ColumnReader = (value: unknown) => string | number | string[] | UnreadableValue;

/** A value that is not what its column holds. */
export class UnreadableValue {
  /** For people, cut short. */
  readonly text: string;

  constructor(value: unknown) {
    this.text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value).slice(0, 60);
  }
}

const hourMicros = 3_600_000_000;
/** The years 1 to 9999, in microseconds: others neither ISO texts nor shards can hold. */
const minMicros = Date.parse('0001-01-02T00:00:00Z') * 1000;
const maxMicros = Date.parse('9999-12-30T00:00:00Z') * 1000;

/** What 64 bits of nanoseconds hold: from 1677 to 2262, in microseconds. */
const maxNanosecondMicros = 9_223_372_036_854_000;

/** Whether an instant, in microseconds, can stand in a column of `timestamp[ns]`. */
export function fitsNanoseconds(micros: number): boolean {
  return Math.abs(micros) <= maxNanosecondMicros;
}

/** A reader for a column of a file, or what the file has in its place. */
export function createColumnReader(name: string, type: DatasetColumnType, column: SchemaTree): ColumnReader | string {
  const { children, element } = column;
  if (element.logical_type?.type === 'NULL') return (value) => new UnreadableValue(value);
  if (type === 'list<string>') {
    const leaf = listElement(column);
    if (!leaf || !isText(leaf)) return describe(column);
    return (value) =>
      Array.isArray(value) ? value.filter((item) => typeof item === 'string') : new UnreadableValue(value);
  }
  if (children.length > 0) return describe(column);
  if (type === 'string') {
    if (!isText(column)) return describe(column);
    return (value) => (typeof value === 'string' ? value : new UnreadableValue(value));
  }
  // A time without a zone is UTC in `extracted_at`, and the −03:00 of the dataset in the others.
  const offsetHours = type === 'timestamp[ns]' ? 0 : -3;
  const inRange = type === 'timestamp[ns]' ? inNanoseconds : inYears;
  if (isText(column)) return (value) => inRange(readTimestampText(value, offsetHours), value);
  const isAdjusted = timestampKind(column);
  if (isAdjusted === undefined) return describe(column);
  const shift = isAdjusted ? 0 : -offsetHours * hourMicros;
  return (value) => inRange(Number(value) + shift, `${name} ${value}`);
}

function isText({ element, children }: SchemaTree): boolean {
  const { type, converted_type: converted, logical_type: logical } = element;
  const isPlain = converted === undefined && logical === undefined;
  return (
    children.length === 0 && type === 'BYTE_ARRAY' && (isPlain || converted === 'UTF8' || logical?.type === 'STRING')
  );
}

/** Whether a timestamp states an instant (true) or a reading of some clock (false). */
function timestampKind({ element }: SchemaTree): boolean | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIMESTAMP') return logical.isAdjustedToUTC;
  if (converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS' || type === 'INT96') return true;
  return undefined;
}

/** Writers name the levels of a list differently. */
function listElement({ children }: SchemaTree): SchemaTree | undefined {
  const [list] = children;
  return list?.children.length === 1 ? list.children[0] : list;
}

function describe({ element, children }: SchemaTree): string {
  if (children.length > 0) return `nested (${children.map(({ element: child }) => child.name).join(', ')})`;
  return element.logical_type?.type ?? element.converted_type ?? element.type ?? 'of no type';
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** NaN when the text is none. */
function readTimestampText(value: unknown, offsetHours: number): number {
  const match = typeof value === 'string' ? TIMESTAMP.exec(value.trim()) : null;
  if (!match) return Number.NaN;
  const [, day, time = '00:00', fraction = '', zone] = match;
  const ms = Date.parse(`${day}T${time}${isoZone(zone) ?? 'Z'}`);
  // JavaScript takes the 31st of June for the 1st of July.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(ms) || !midnight.toISOString().startsWith(day!)) return Number.NaN;
  const micros = ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  return zone ? micros : micros - offsetHours * hourMicros;
}

function isoZone(zone: string | undefined): string | undefined {
  const [, hours, minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone ?? '') ?? [];
  return hours ? `${hours}:${minutes}` : undefined;
}

function inYears(micros: number, value: unknown): number | UnreadableValue {
  return micros >= minMicros && micros <= maxMicros ? micros : new UnreadableValue(value);
}

function inNanoseconds(micros: number, value: unknown): number | UnreadableValue {
  return fitsNanoseconds(micros) ? micros : new UnreadableValue(value);
}
