const OFFSET_MS = -3 * 3_600_000;

/** First instant of a period, `YYYY-MM` or `YYYY-MM-DD` by the date in −03:00, and the first one after it. */
export function periodBounds(period: string): { start: Date; end: Date } {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(period);
  if (!match) throw new RangeError(`"${period}" is no period that a shard can hold: YYYY-MM or YYYY-MM-DD`);
  const [year, month, day] = [Number(match[1]), Number(match[2]) - 1, match[3] ? Number(match[3]) : undefined];
  return day === undefined
    ? { start: localMidnight(year, month, 1), end: localMidnight(year, month + 1, 1) }
    : { start: localMidnight(year, month, day), end: localMidnight(year, month, day + 1) };
}

/** The period that a shard's name promises, undefined where the name is not one of ours: such a shard may hold any. */
export function shardPeriod(path: string): string | undefined {
  return /^data\/train-(\d{4}-\d{2}(?:-\d{2})?)(?:-p\d{2,})?\.parquet$/.exec(path)?.[1];
}

function localMidnight(year: number, month: number, day: number): Date {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for the 1900s.
  date.setUTCFullYear(year, month, day);
  return new Date(date.getTime() - OFFSET_MS);
}
