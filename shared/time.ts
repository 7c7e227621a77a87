const ZONE = 'America/Sao_Paulo';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A date and time as a clock on a wall in Brasília shows it. Month is 1–12. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour?: number;
  minute?: number;
  second?: number;
}

/** A moment read from a text; `hasTime` is false when only the day was given, so that it stands for local midnight. */
export interface ParsedDate {
  instant: Date;
  hasTime: boolean;
}

const zoneFormat = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE,
  calendar: 'iso8601',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** The reading of the wall clock, as the epoch milliseconds it would be in UTC. */
function wallMs(instantMs: number): number {
  const fields: Record<string, number> = {};
  for (const { type, value } of zoneFormat.formatToParts(instantMs)) fields[type] = Number(value);
  return Date.UTC(fields.year!, fields.month! - 1, fields.day!, fields.hour!, fields.minute!, fields.second!);
}

function offsetMs(instantMs: number): number {
  return wallMs(instantMs) - Math.floor(instantMs / 1000) * 1000;
}

/**
 * The instant of a wall time in America/Sao_Paulo, with its daylight-saving history: 10/01/2015 10h00 is −02:00.
 *
 * A time that the clock skipped (midnight when daylight saving began) is moved forward by the gap; of one that came
 * twice (23h–24h when it ended) the first is meant. So local midnight is always the first instant of its day.
 */
export function saoPauloInstant(wall: WallTime): Date {
  const target = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour ?? 0, wall.minute ?? 0, wall.second ?? 0);
  const before = offsetMs(target - DAY_MS);
  const after = offsetMs(target + DAY_MS);
  const first = target - before;
  if (before === after || offsetMs(first) === before) return new Date(first);
  const second = target - after;
  return new Date(offsetMs(second) === after ? second : first);
}

function isoDateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** Local ISO text of an instant with the offset then in force: `2015-01-10T10:00:00-02:00`. */
export function saoPauloIso(instant: Date): string {
  const offset = offsetMs(instant.getTime());
  const minutes = Math.abs(Math.round(offset / 60_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return `${isoDateTime(instant.getTime() + offset)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The day on the wall in America/Sao_Paulo, `YYYY-MM-DD`: what a scraping window is held against. */
export function saoPauloDay(instant: Date): string {
  return isoDateTime(instant.getTime() + offsetMs(instant.getTime())).slice(0, 10);
}

/**
 * The date text that goes into an identity: `YYYY-MM-DDTHH:MM:SS-03:00`.
 *
 * The offset is fixed, without daylight saving: ids must not depend on a time zone database.
 */
export function identityDate(instant: Date): string {
  return `${isoDateTime(instant.getTime() - 3 * HOUR_MS)}-03:00`;
}

/** Year, month and week of an instant as the search index holds them, all in UTC; week = ISO year × 100 + ISO week. */
export function publishedPeriod(instant: Date): { year: number; month: number; week: number } {
  const midnight = Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth(), instant.getUTCDate());
  // ISO 8601: a week belongs to the year of its Thursday.
  const thursday = new Date(midnight + (4 - (instant.getUTCDay() || 7)) * DAY_MS);
  const isoYear = thursday.getUTCFullYear();
  const isoWeek = Math.floor((thursday.getTime() - Date.UTC(isoYear, 0, 1)) / (7 * DAY_MS)) + 1;
  return { year: instant.getUTCFullYear(), month: instant.getUTCMonth() + 1, week: isoYear * 100 + isoWeek };
}

function isOnCalendar({ year, month, day, hour = 0, minute = 0, second = 0 }: WallTime): boolean {
  if (year < 1900 || hour > 23 || minute > 59 || second > 59) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function fromWall(wall: WallTime, hasTime: boolean): ParsedDate | null {
  return isOnCalendar(wall) ? { instant: saoPauloInstant(wall), hasTime } : null;
}

const BRAZILIAN_DATE =
  /(?<!\d)(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d(?!\d?[h:]\d{2}))(?:[\s,]*(?:[-–—|]|[àa]s)?\s*(\d{1,2})\s?(?:[h:]\s?(\d{2})(?!\d)(?::(\d{2}))?|h(?!\s?\d)))?/i;

const MONTHS = 'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'.split(' ');
const LONG_DATE = new RegExp(`(?<!\\d)(\\d{1,2})º? (?:de )?(${MONTHS.join('|')}) (?:de )?(\\d{4})(?!\\d)`, 'gi');

/** `10 de janeiro de 2015` → `10/1/2015` */
function shortened(text: string): string {
  return text.replace(
    LONG_DATE,
    (_, day: string, month: string, year: string) => `${day}/${MONTHS.indexOf(month.toLowerCase()) + 1}/${year}`,
  );
}

/**
 * Reads the first Brazilian date of a text: `DD/MM/YYYY` or `D de janeiro de YYYY`, alone or followed by `HHhMM`, `HHh`,
 * `- HH:MM` or `às HH:MM`; local time of Brasília.
 *
 * @returns null when there is none, or when it is not on the calendar (31/02); an impossible time leaves the day.
 */
export function parseBrazilianDate(text: string): ParsedDate | null {
  const match = BRAZILIAN_DATE.exec(shortened(text));
  if (!match) return null;
  const [day, month, year] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (match[4] === undefined) return fromWall({ year, month, day }, false);
  const [hour, minute, second] = [Number(match[4]), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  return fromWall({ year, month, day, hour, minute, second }, true) ?? fromWall({ year, month, day }, false);
}

const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads an ISO 8601 date or date-time, as JSON-LD and `<time datetime>` carry it. Without an offset it is local time of
 * Brasília, unlike `new Date()`, which takes a bare date for UTC and so for the evening before.
 *
 * @returns null for anything else.
 */
export function parseIsoDate(text: string): ParsedDate | null {
  const match = ISO_DATE.exec(text.trim());
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (match[4] === undefined) return fromWall({ year, month, day }, false);
  const wall = { year, month, day, hour: Number(match[4]), minute: Number(match[5]), second: Number(match[6] ?? 0) };
  const zone = match[7];
  if (zone === undefined) return fromWall(wall, true);
  if (!isOnCalendar(wall)) return null;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? ['', '+', '0', '0'];
  const zoneMs = (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === '-' ? -1 : 1);
  const utc = Date.UTC(year, month - 1, day, wall.hour, wall.minute, wall.second);
  return { instant: new Date(utc - zoneMs), hasTime: true };
}
