import { InvalidArgumentError } from 'commander';
import type { DateWindow } from '../../shared/window.ts';
import { day } from '../../shared/window.ts';
import { UsageError } from './errors.ts';

/** Options that every command has. */
export interface GlobalOptions {
  data: string;
  databaseUrl?: string;
  verbose?: boolean;
}

export function parseDay(text: string): string {
  const result = day.safeParse(text);
  if (!result.success) throw new InvalidArgumentError(result.error.issues[0]!.message);
  return result.data;
}

export function parseText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
}

export function parseList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('must be a list such as mec,saude');
  return items;
}

/** What goes into a header as it is. */
export function parseUserAgent(text: string): string {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,298}$/.test(text)) {
    throw new InvalidArgumentError('must be plain ASCII text of at most 299 characters');
  }
  return text;
}

/** A parser of whole numbers within bounds. */
export function parseInteger(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`must be a whole number ${range}`);
    }
    return value;
  };
}

export function parseCosine(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= -1 && value <= 1)) throw new InvalidArgumentError('must be from -1 to 1');
  return value;
}

/**
 * @param usualEnd The last day of a window that names none, where it is not open.
 * @throws {UsageError} when the window ends before it starts.
 */
export function checkWindow(window: Partial<DateWindow>, usualEnd?: string): void {
  const { startDate, endDate } = window;
  if (startDate && endDate && endDate < startDate) {
    throw new UsageError(`--end-date ${endDate} is before --start-date ${startDate}`);
  }
  if (startDate && !endDate && usualEnd && usualEnd < startDate) {
    throw new UsageError(`--start-date ${startDate} is after ${usualEnd}, where the window ends without --end-date`);
  }
}
