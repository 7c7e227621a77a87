export { periodBounds } from '../../shared/dataset-period.ts';

const OFFSET_MS = -3 * 3_600_000;

/** First instant of the month that `now` lies in, by the date in −03:00: from there on a shard holds a day. */
export function currentMonthStart(now: Date): Date {
  const local = new Date(now.getTime() + OFFSET_MS);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth()) - OFFSET_MS);
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
