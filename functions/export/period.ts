const OFFSET_MS = -3 * 3_600_000;

/** First instant of the month that `now` lies in, by the date in −03:00: from there on a shard holds a day. */
export function currentMonthStart(now: Date): Date {
  const local = new Date(now.getTime() + OFFSET_MS);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth()) - OFFSET_MS);
}

/** First instant of a period, `YYYY-MM` or `YYYY-MM-DD`, and the first one after it. */
export function periodBounds(period: string): { start: Date; end: Date } {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(period);
  if (!match) throw new RangeError(`"${period}" is no period that a shard can hold: YYYY-MM or YYYY-MM-DD`);
  const [year, month, day] = [Number(match[1]), Number(match[2]) - 1, match[3] ? Number(match[3]) : undefined];
  return day === undefined
    ? { start: localMidnight(year, month, 1), end: localMidnight(year, month + 1, 1) }
    : { start: localMidnight(year, month, day), end: localMidnight(year, month, day + 1) };
}

function localMidnight(year: number, month: number, day: number): Date {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for the 1900s.
  date.setUTCFullYear(year, month, day);
  return new Date(date.getTime() - OFFSET_MS);
}

/** The paths of a period's parts; a single part has no number. */
export function shardPaths(period: string, partCount: number): string[] {
  if (partCount === 1) return [`data/train-${period}.parquet`];
  return Array.from({ length: partCount }, (_, index) => {
    return `data/train-${period}-p${String(index + 1).padStart(2, '0')}.parquet`;
  });
}

/** Whether a file is a shard of the dataset: ours, or one of those that the predecessor named otherwise. */
export function isShardPath(path: string): boolean {
  return /^data\/train-[^/]*\.parquet$/.test(path);
}
