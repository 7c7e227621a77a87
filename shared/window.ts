import { z } from 'zod';
import { saoPauloDay } from './time.ts';

/** A window of publication days in America/Sao_Paulo, `YYYY-MM-DD`, both ends included. */
export interface DateWindow {
  startDate: string;
  endDate: string;
}

const firstDay = '1900-01-01';

/** A day that exists, `YYYY-MM-DD`: 2025-02-30 does not. Never before 1900: that is a slip of the pen, 0205 for 2025. */
export const day = z.iso
  .date({ error: 'must be a day that exists, as YYYY-MM-DD', abort: true })
  .refine((value) => value >= firstDay, `must not be before ${firstDay}`);

/** The day so many days later; earlier when negative. */
export function addDays(from: string, days: number): string {
  const date = new Date(`${from}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The last `days` days until `now`'s, today included. */
export function lastDays(days: number, now: Date): DateWindow {
  const start = new Date(now.getTime() - (days - 1) * 24 * 60 * 60 * 1000);
  return { startDate: saoPauloDay(start), endDate: saoPauloDay(now) };
}
