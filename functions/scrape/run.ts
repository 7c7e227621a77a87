import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { errorText, PermanentError, RetryableError } from '../../shared/errors.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { closeFailures, recordFailure } from '../../shared/sql/quarantine.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { extractors, type OpenListing, openListing, openPage } from './detect.ts';
import { failureCategory, HeldError } from './errors.ts';
import type { ListingPosition } from './extractors/extractor.ts';
import { createPageFetcher } from './fetch/fetch-page.ts';
import type { HostGate } from './fetch/host-gate.ts';
import { createNewsFetcher, type NewsFetcher } from './fetch/news-fetcher.ts';
import { MAX_BODY_BYTES } from './fetch/read-body.ts';
import type { Robots } from './fetch/robots.ts';
import { readRow, unreadableRow } from './page-row.ts';
import { type DueFilter, listDuePages, listKnownPages, savePages } from './pages-sql.ts';
import type { RawStore } from './raw-store/raw-store.ts';
import { judgeVisits, revisit } from './revisit.ts';
import { type ScrapeReport, type ScrapeRequest, scrape } from './scrape.ts';
import {
  closeAbandonedRuns,
  finishScrapeRun,
  holdSource,
  insertScrapeRun,
  listSourceHosts,
  readSource,
  releaseSource,
  rememberRun,
  type SourceState,
  takeSource,
} from './sql.ts';
import { storeArticle } from './store.ts';
import { type VisitCounts, writeVisits } from './write-visits.ts';

export interface ScrapeRunDeps extends OutboxDeps {
  /** Must refuse private addresses (`createGuardedDispatcher`); the sample site's leads to loopback on purpose. */
  dispatcher: Dispatcher;
  gate: HostGate;
  robots: Robots;
  rawStore: RawStore;
  /** Of sources that have none of their own. */
  userAgent: string;
  /** Days after its publication during which an article is visited again. */
  revisitDays: number;
  /** Which known articles are asked for again: those that are due, or all of the window that is asked for. */
  revisits: 'due' | 'window';
  /** Articles that are asked for again in one run at most; the others stay due. */
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
}

/** Of one request. */
export const requestTimeoutMs = 30_000;
const concurrency = 2;
const firstPage: ListingPosition = { pageCount: 0, entryCount: 0 };
/** What is under way when time is up ends within this: a page with its waits, and the writes after it. */
const graceMs = 3 * requestTimeoutMs;
/** A process that is killed leaves its source to others after this long. */
const leaseMs = 15_000;
const renewMs = 4_000;

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
  const source = await readSource(db, sourceUrl);
  if (!source)
    throw new PermanentError(`${sourceUrl} is no source of the catalogue: "destaques sources add" makes it one`);
  if (!source.isActive) throw new PermanentError(`${sourceUrl} is disabled${reasonOf(source.disabledReason)}`);
  const token = randomUUID();
  await takeTurn(db, sourceUrl, token);
  const renewal = setInterval(() => {
    takeSource(db, sourceUrl, token, leaseMs).catch(() => {
      // The next one may be in time; else the run ends by the failure of its own statements.
    });
  }, renewMs);
  try {
    await closeAbandonedRuns(db, sourceUrl);
    return await recordRun(request, source, context, deps);
  } finally {
    clearInterval(renewal);
    await releaseSource(db, sourceUrl, token).catch(() => {
      // The database is what failed: the lease ends by itself.
    });
  }
}

/** Waits for what a killed process has left, and gives up when the other run is alive. */
async function takeTurn(db: ScrapeRunDeps['db'], sourceUrl: string, token: string): Promise<void> {
  const giveUpAt = performance.now() + leaseMs + 1000;
  while (!(await takeSource(db, sourceUrl, token, leaseMs))) {
    if (performance.now() > giveUpAt) throw new RetryableError(`${sourceUrl} is being scraped by another run`);
    await setTimeout(500);
  }
}

function reasonOf(reason: string | null): string {
  return reason ? `: ${reason}` : '';
}

async function recordRun(
  request: ScrapeRequest,
  source: SourceState,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeRunReport> {
  const { db } = deps;
  const runId = await insertScrapeRun(db, request);
  try {
    const report = await visitSource(request, source, context, deps);
    await commitAndPublish(deps, async (tx) => {
      await finishScrapeRun(tx, runId, { status: 'succeeded', ...report });
      await rememberRun(tx, request.sourceUrl, report.platform);
      await closeFailures(tx, 'scrape', [request.sourceUrl]);
      return { result: undefined, messages: followUp(request, report, context) };
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

/** What asks for the rest of a window that one message did not finish. */
function followUp(request: ScrapeRequest, report: ScrapeReport, context: StageContext): OutgoingMessage[] {
  if (!report.continueAt) return [];
  const data = toMessage({ ...request, platform: report.platform, cursor: report.continueAt });
  return [{ topic: 'requested', data, attributes: context.attributes }];
}

async function visitSource(
  request: ScrapeRequest,
  source: SourceState,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeRunReport> {
  const { db, log, now } = deps;
  const { agencyKey, sourceUrl } = request;
  if (source.heldAt && !source.releasedAt) throw new HeldError(sourceUrl, source.heldReason ?? 'by an operator');
  const startedAt = performance.now();
  const isOver = (share = 1) => performance.now() - startedAt > share * deps.budgetMs;
  const fetcher = createNewsFetcher({
    ...createPageFetcher({
      ...deps,
      allowedHosts: new Set(await listSourceHosts(db)),
      userAgent: source.userAgent ?? deps.userAgent,
      timeoutMs: requestTimeoutMs,
      maxBytes: MAX_BODY_BYTES,
      signal: AbortSignal.timeout(deps.budgetMs + graceMs),
    }),
    rawStore: deps.rawStore,
    agencyKey,
  });
  const hint = request.platform ?? source.platform ?? undefined;
  const open = await openAt(request, hint, fetcher);
  const { extractor } = open;
  if (hint !== undefined && hint !== extractor.platform) {
    log.warning('platform changed', { agencyKey, sourceUrl, before: hint, platform: extractor.platform });
  }
  const reject = (url: string, error: Error) => recordRejection(request, url, error, context, deps);

  let visits: VisitCounts = { revisited: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 };
  // Only a listing that answers as it should lets us believe that an article is gone.
  if (!request.cursor) {
    const filter: DueFilter = deps.revisits === 'window' ? request : { at: now() };
    const due = await listDuePages(db, sourceUrl, filter, deps.maxRevisits);
    const listed = { items: open.listing.items, kept: open.kept };
    const found = await revisit(due, {
      agencyKey,
      extractor,
      fetcher,
      listed,
      now,
      isOver: () => isOver(0.5),
      concurrency,
    });
    if (!source.releasedAt) await judge(found, sourceUrl, deps);
    visits = await writeVisits(found, agencyKey, context, { ...deps, reject });
  }

  const report = await scrape(request, open, {
    fetcher,
    listKnown: async (urls) =>
      new Map((await listKnownPages(db, agencyKey, urls)).map((known) => [known.canonicalUrl, known])),
    store: (read) => storeArticle(read.article, context, deps, readRow(read, sourceUrl, deps.revisitDays)),
    // A later window may ask for it: no time is set before which it would be left alone.
    pass: (read) => savePages(db, [{ ...readRow(read, sourceUrl, deps.revisitDays), nextVisitAt: null }]),
    reject: async (item, error, kept) => {
      await reject(item.url, error);
      if (kept) await savePages(db, [unreadableRow(kept, item, { agencyKey, sourceUrl, extractor })]);
    },
    now,
    log,
    isOver,
    concurrency,
    maxPages: deps.maxPages,
  });
  return {
    ...report,
    updated: report.updated + visits.updated,
    rejected: report.rejected + visits.rejected,
    revisited: visits.revisited,
    removed: visits.removed,
  };
}

/** The listing where this message begins; a later one begins where the one before it stopped. */
async function openAt(
  { sourceUrl, cursor }: ScrapeRequest,
  hint: ScrapeRequest['platform'],
  fetcher: NewsFetcher,
): Promise<OpenListing & { position: ListingPosition }> {
  if (!cursor || !hint) return { ...(await openListing({ sourceUrl, hint }, fetcher)), position: firstPage };
  const extractor = extractors[hint];
  return { extractor, ...(await openPage(extractor, sourceUrl, cursor, fetcher)), position: cursor };
}

/** @throws {HeldError} when the breaker opens; the source is held from then on. */
async function judge(
  visits: Parameters<typeof judgeVisits>[0],
  sourceUrl: string,
  { db }: ScrapeRunDeps,
): Promise<void> {
  try {
    judgeVisits(visits, sourceUrl);
  } catch (error) {
    if (error instanceof HeldError) await holdSource(db, sourceUrl, error.reason);
    throw error;
  }
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

/** What asks for a run. */
function toMessage(request: ScrapeRequest): object {
  return {
    agency_key: request.agencyKey,
    source_url: request.sourceUrl,
    platform: request.platform ?? null,
    start_date: request.startDate,
    end_date: request.endDate,
    ...(request.cursor
      ? { cursor: { page_count: request.cursor.pageCount, entry_count: request.cursor.entryCount } }
      : {}),
  };
}
