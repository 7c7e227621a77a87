import type { StageContext } from '../../shared/stage-context.ts';
import type { OpenListing } from './detect.ts';
import { AntiBotError, HeldError } from './errors.ts';
import type { NewsFetcher } from './fetch/news-fetcher.ts';
import { countRecentVisits, type DueFilter, listDuePages } from './pages-sql.ts';
import type { ScrapeRequest } from './request.ts';
import { judgeVisits, revisit, type Visit } from './revisit.ts';
import { holdSource, type SourceForRun } from './sql.ts';
import { type VisitCounts, type WriteVisitsDeps, writeVisits } from './write-visits.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface RevisitKnownDeps extends Omit<WriteVisitsDeps, 'isReleased'> {
  fetcher: NewsFetcher;
  /** Articles that are asked for again in one message at most. */
  maxRevisits: number;
  /** Pages in work at the same time. */
  concurrency: number;
  /** Whether the time for re-visits is used up. */
  isOver(): boolean;
}

/** What a message did about known articles. */
export interface KnownVisits {
  counts: VisitCounts;
  /** Of the known articles of the window, the last one that was asked for again; null when all were that had to be. */
  revisitAfter: string | null;
}

/** Of a message that goes on in a listing. */
export const nothingVisited: KnownVisits = {
  counts: { revisited: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 },
  revisitAfter: null,
};

/** Asks known articles again, has the breaker judge what was found, and writes it. */
export async function revisitKnown(
  request: ScrapeRequest,
  source: SourceForRun,
  open: OpenListing,
  context: StageContext,
  deps: RevisitKnownDeps,
): Promise<KnownVisits> {
  const { db, now, maxRevisits, fetcher, isOver, concurrency } = deps;
  const { agencyKey, sourceUrl, startDate, endDate, allowUpdate, revisitAfter: after = '' } = request;
  const filter: DueFilter = allowUpdate ? { startDate, endDate, after } : { at: now() };
  const due = await listDuePages(db, { agencyKey, sourceUrl }, filter, maxRevisits);
  const { visits, turnedAwayBy } = await revisit(due, {
    agencyKey,
    extractor: open.extractor,
    fetcher,
    listed: { items: open.listing.items, kept: open.kept },
    now,
    isOver,
    concurrency,
  });
  // Not held, so an operator has let it through.
  const isReleased = source.held_at !== null;
  if (!isReleased) await judge(visits, source, sourceUrl, deps);
  const counts = await writeVisits(visits, agencyKey, context, { ...deps, isReleased });
  if (!allowUpdate) return { counts, revisitAfter: null };
  const visited = new Set(visits.map((visit) => visit.due));
  const left = due.findIndex((page) => !visited.has(page));
  // They are due for this request alone: unless it is tried again, nobody asks for them.
  if (turnedAwayBy && left !== -1 && (left === 0 || turnedAwayBy instanceof AntiBotError)) throw turnedAwayBy;
  if (left === -1 && due.length < maxRevisits) return { counts, revisitAfter: null };
  const last = left === -1 ? due.at(-1) : due[left - 1];
  return { counts, revisitAfter: last?.canonicalUrl ?? null };
}

/** @throws {HeldError} when the breaker opens; the source is held from then on. */
async function judge(
  visits: readonly Visit[],
  { released_at: releasedAt }: SourceForRun,
  sourceUrl: string,
  { db, now }: Pick<RevisitKnownDeps, 'db' | 'now'>,
): Promise<void> {
  const since = new Date(Math.max(now().getTime() - dayMs, releasedAt?.getTime() ?? 0));
  const urls = visits.map(({ due }) => due.canonicalUrl);
  const recent = await countRecentVisits(db, sourceUrl, since, urls);
  try {
    judgeVisits(visits, recent, sourceUrl);
  } catch (error) {
    if (error instanceof HeldError) await holdSource(db, sourceUrl, error.reason);
    throw error;
  }
}
