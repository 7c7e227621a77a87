const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SHORTEST_MS = 30 * MINUTE_MS;
/** A page that could not be read is asked again after this long. */
const RETRY_MS = 60 * MINUTE_MS;

/** A page that was not found is asked again a day later: three such visits are a removal. */
export const missingIntervalMs = DAY_MS;

/**
 * When a page is to be visited next: after a quarter of the age of its article, half an hour at least, so that visits
 * thin out with age; null when that is beyond the window of `revisitDays`.
 */
export function nextVisit(publishedAt: Date, visitedAt: Date, revisitDays: number): Date | null {
  const ageMs = Math.max(0, visitedAt.getTime() - publishedAt.getTime());
  const next = new Date(visitedAt.getTime() + Math.max(SHORTEST_MS, ageMs / 4));
  return next.getTime() - publishedAt.getTime() <= revisitDays * DAY_MS ? next : null;
}

/** When a page that taught nothing is to be asked again. */
export function nextTry(visitedAt: Date): Date {
  return new Date(visitedAt.getTime() + RETRY_MS);
}

/** The same for a page of a stored article, which is left alone once it is beyond the window, like all others. */
export function nextTryWithin(publishedAt: Date, visitedAt: Date, revisitDays: number): Date | null {
  return visitedAt.getTime() - publishedAt.getTime() <= revisitDays * DAY_MS ? nextTry(visitedAt) : null;
}
