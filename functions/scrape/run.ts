import type { Dispatcher } from 'undici';
import type { ArticleWrites } from '../../shared/article-writes.ts';
import { errorText, PermanentError } from '../../shared/errors.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { isHeld } from '../../shared/source-health.ts';
import { recordFailure } from '../../shared/sql/quarantine.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { extractors, type OpenListing, openListing } from './detect.ts';
import { failureCategory, HeldError } from './errors.ts';
import type { ListingPosition } from './extractors/extractor.ts';
import { createPageFetcher } from './fetch/fetch-page.ts';
import type { HostGate } from './fetch/host-gate.ts';
import { createNewsFetcher, type NewsFetcher } from './fetch/news-fetcher.ts';
import { MAX_BODY_BYTES } from './fetch/read-body.ts';
import type { Robots } from './fetch/robots.ts';
import { readRow, unreadRow } from './page-row.ts';
import { listKnownPages, savePages } from './pages-sql.ts';
import type { RawStore } from './raw-store/raw-store.ts';
import { type ScrapeRequest, toMessage } from './request.ts';
import { nothingVisited, revisitKnown } from './revisit-known.ts';
import { type ScrapeReport, scrape } from './scrape.ts';
import { waitForTurn } from './source-turn.ts';
import {
  closeAbandonedRuns,
  closeFailedWindows,
  endRelease,
  finishScrapeRun,
  insertScrapeRun,
  listSourceHosts,
  readSource,
  rememberPlatform,
  type SourceForRun,
} from './sql.ts';
import { storeArticle } from './store.ts';
import { openAt } from './walk-listing.ts';

export interface ScrapeRunDeps extends OutboxDeps {
  /** Where articles are written; what becomes of those that are gone is written beside it. */
  storage: Pick<ArticleWrites, 'insert'>;
  /** Must refuse private addresses (`createGuardedDispatcher`); the sample site's leads to loopback on purpose. */
  dispatcher: Dispatcher;
  gate: HostGate;
  robots: Robots;
  rawStore: RawStore;
  /** Of sources that have none of their own. */
  userAgent: string;
  /** Days after its publication during which an article is visited again. */
  revisitDays: number;
  /** Articles that are asked for again in one message at most; the others stay due, or follow in another message. */
  maxRevisits: number;
  /** Pages of a listing that are read at most, over all messages of a window. */
  maxPages: number;
  /** What one message may take; the rest goes on in another. */
  budgetMs: number;
  now(): Date;
}

export interface ScrapeRunReport extends ScrapeReport {
  revisited: number;
  removed: number;
  /** Of the known articles of the window, the last one that was asked for again; null when all were that had to be. */
  revisitAfter: string | null;
}

/** Of one request. */
export const requestTimeoutMs = 30_000;
const concurrency = 2;
const firstPage: ListingPosition = { pageCount: 0, entryCount: 0 };
/** What is under way when time is up ends within this: a page with its waits, and the writes after it. */
const graceMs = 3 * requestTimeoutMs;

/**
 * Scrapes one source into the database, and keeps the record of the run whatever its outcome. Articles that fail are
 * recorded one by one, under their canonical URL, and do not fail the run.
 *
 * @throws {RetryableError} when another run has the source: both would ask for the same.
 * @throws {PermanentError} when the address is no active source's.
 */
export async function runScrape(
  request: ScrapeRequest,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeRunReport> {
  const { db } = deps;
  const { sourceUrl } = request;
  await readActiveSource(deps, sourceUrl);
  const turn = await waitForTurn(db, sourceUrl);
  try {
    // An operator may have acted while we waited.
    const source = await readActiveSource(deps, sourceUrl);
    await closeAbandonedRuns(db, sourceUrl);
    return await recordRun({ ...request, agencyKey: source.agency_key }, source, turn.signal, context, deps);
  } finally {
    await turn.end();
  }
}

/** The requests for what one message left: the rest of the listing, and the rest of the known articles of the window. */
export function followUps(request: ScrapeRequest, report: ScrapeRunReport): ScrapeRequest[] {
  const { platform, continueAt, revisitAfter } = report;
  const next = { ...request, platform, cursor: undefined, revisitAfter: undefined };
  return [
    ...(continueAt ? [{ ...next, cursor: continueAt }] : []),
    ...(revisitAfter === null ? [] : [{ ...next, revisitAfter }]),
  ];
}

async function readActiveSource({ db }: ScrapeRunDeps, sourceUrl: string): Promise<SourceForRun> {
  const source = await readSource(db, sourceUrl);
  if (!source) {
    throw new PermanentError(`${sourceUrl} is no source of the catalogue: "destaques sources add" makes it one`);
  }
  const { is_active: isActive, disabled_reason: reason } = source;
  if (!isActive) throw new PermanentError(`${sourceUrl} is disabled${reason ? `: ${reason}` : ''}`);
  return source;
}

async function recordRun(
  request: ScrapeRequest,
  source: SourceForRun,
  signal: AbortSignal,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeRunReport> {
  const { db } = deps;
  const { sourceUrl } = request;
  const runId = await insertScrapeRun(db, request);
  try {
    const report = await visitSource(request, source, signal, context, deps);
    await commitAndPublish(deps, async (tx) => {
      await finishScrapeRun(tx, runId, { status: 'succeeded', ...report });
      await rememberPlatform(tx, sourceUrl, report.platform);
      await endRelease(tx, sourceUrl);
      const messages = followUps(request, report).map((next) => ({
        topic: 'requested' as const,
        data: toMessage(next),
        attributes: context.attributes,
      }));
      if (messages.length === 0) await closeFailedWindows(tx, request);
      return { result: undefined, messages };
    });
    return report;
  } catch (error) {
    const failure = { category: failureCategory(error), errorMessage: errorText(error) };
    await finishScrapeRun(db, runId, { status: 'failed', ...failure }).catch(() => {
      // The database is what failed: the error below says so, and the next run closes this one.
    });
    throw error;
  }
}

async function visitSource(
  request: ScrapeRequest,
  source: SourceForRun,
  signal: AbortSignal,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeRunReport> {
  const { db, log, now } = deps;
  const { agencyKey, sourceUrl } = request;
  if (isHeld(source)) throw new HeldError(sourceUrl, source.held_reason ?? 'by an operator');
  const startedAt = performance.now();
  const isOver = (share = 1) => performance.now() - startedAt > share * deps.budgetMs;
  const fetcher = createNewsFetcher({
    ...createPageFetcher({
      ...deps,
      allowedHosts: new Set(await listSourceHosts(db)),
      userAgent: source.user_agent ?? deps.userAgent,
      timeoutMs: requestTimeoutMs,
      maxBytes: MAX_BODY_BYTES,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deps.budgetMs + graceMs)]),
    }),
    rawStore: deps.rawStore,
    agencyKey,
  });
  const hint = request.platform ?? source.platform ?? undefined;
  const open = await openFor(request, hint, fetcher);
  const { extractor } = open;
  if (hint !== undefined && hint !== extractor.platform) {
    log.warning('platform changed', { agencyKey, sourceUrl, before: hint, platform: extractor.platform });
  }
  const reject = (url: string, error: Error) => recordRejection(request, url, error, context, deps);

  // Only a listing that answers as it should lets us believe that an article is gone.
  const known = request.cursor
    ? nothingVisited
    : await revisitKnown(request, source, open, context, {
        ...deps,
        fetcher,
        concurrency,
        isOver: () => isOver(request.revisitAfter ? 1 : 0.5),
        reject,
      });
  const { counts, revisitAfter } = known;
  const report = request.revisitAfter
    ? nothingRead(extractor.platform)
    : await scrape(request, open, {
        fetcher,
        listKnown: async (urls) =>
          new Map((await listKnownPages(db, agencyKey, urls)).map((page) => [page.canonicalUrl, page])),
        store: (read) => storeArticle(read.article, context, deps, readRow(read, sourceUrl, deps.revisitDays)),
        // A later window may ask for it: no time is set before which it would be left alone.
        pass: (read) => savePages(db, [{ ...readRow(read, sourceUrl, deps.revisitDays), nextVisitAt: null }]),
        reject: async (item, error, mark) => {
          await reject(item.url, error);
          if (canonicalUrl(item.url) === null) return;
          await savePages(db, [
            unreadRow(item, mark, { error, visitedAt: now() }, { agencyKey, sourceUrl, extractor }),
          ]);
        },
        now,
        log,
        isOver,
        concurrency,
        maxPages: deps.maxPages,
      });
  return {
    ...report,
    updated: report.updated + counts.updated,
    rejected: report.rejected + counts.rejected,
    revisited: counts.revisited,
    removed: counts.removed,
    revisitAfter,
  };
}

function nothingRead(platform: ScrapeReport['platform']): ScrapeReport {
  const counts = { pages: 1, itemsSeen: 0, inWindow: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  return { platform, ...counts, continueAt: null };
}

/** The listing where this message begins; a later one begins where the one before it stopped. */
async function openFor(
  { sourceUrl, cursor }: ScrapeRequest,
  hint: ScrapeRequest['platform'],
  fetcher: NewsFetcher,
): Promise<OpenListing & { position: ListingPosition }> {
  if (!cursor || !hint) return { ...(await openListing({ sourceUrl, hint }, fetcher)), position: firstPage };
  const extractor = extractors[hint];
  return { extractor, ...(await openAt(extractor, sourceUrl, cursor, fetcher)) };
}

function recordRejection(
  request: ScrapeRequest,
  url: string,
  error: Error,
  context: StageContext,
  { db }: ScrapeRunDeps,
): Promise<void> {
  return recordFailure(db, {
    stage: 'scrape',
    subject: canonicalUrl(url) ?? url,
    data: toMessage(request),
    attributes: context.attributes,
    error: errorText(error),
  });
}
