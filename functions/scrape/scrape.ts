import type { ScrapedArticle } from '../../shared/article.ts';
import type { Logger } from '../../shared/log.ts';
import type { Platform } from '../../shared/platform.ts';
import { saoPauloDay } from '../../shared/time.ts';
import type { DateWindow } from '../../shared/window.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { OpenListing } from './detect.ts';
import { AntiBotError, failureCategory, RateLimitedError, UnreadableNewsError } from './errors.ts';
import type { ListingItem, ListingPosition } from './extractors/extractor.ts';
import type { KeptPage, NewsFetcher } from './fetch/news-fetcher.ts';
import type { KnownPage } from './pages-sql.ts';
import {
  articleAddress,
  canonicalUrlOf,
  markOf,
  type PageMark,
  type ReadArticle,
  readArticle,
} from './read/read-article.ts';
import type { ScrapeRequest } from './request.ts';
import type { StoreOutcome } from './store.ts';
import { keyOf, type ListingStep, walkListing } from './walk-listing.ts';

export interface ScrapeDeps {
  fetcher: Pick<NewsFetcher, 'get'>;
  /** Those of the addresses that were visited before, by canonical URL. */
  listKnown(canonicalUrls: readonly string[]): Promise<ReadonlyMap<string, KnownPage>>;
  /** Called as soon as an article is read, several at a time. */
  store(read: ReadArticle): Promise<StoreOutcome>;
  /** Remembers an article that lies outside of the window, so that it need not be asked for again. */
  pass(read: ReadArticle): Promise<void>;
  /** Records and remembers an article that cannot be had; the run goes on. `mark` is of its page, if one came. */
  reject(item: ListingItem, error: Error, mark: PageMark | null): Promise<void>;
  now(): Date;
  log: Logger;
  /** Whether the time of this message is used up. */
  isOver(): boolean;
  /** Articles in work at the same time; what is asked of a host is bounded by the fetcher. */
  concurrency: number;
  maxPages: number;
}

export interface ScrapeReport {
  platform: Platform;
  pages: number;
  itemsSeen: number;
  inWindow: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
  /** Where the next message has to go on; null when the window was read to its end. */
  continueAt: ListingPosition | null;
}

type Placement = 'before' | 'within' | 'after';

/** What is known of an item after a look at it. */
interface Look {
  /** Null when its day could not be told. */
  placement: Placement | null;
  /** Neither its listing nor its page has a date. */
  isUndated?: boolean;
  /** Why it cannot be read, in this run or lately: a category, with the error of this run. */
  failure?: { category: string; error?: Error } | undefined;
}

/** Of these, the newest of a window, most must be readable. */
const NEWEST = 5;
const MAX_UNREADABLE = 2;
/** Challenges in a row after which the others would be turned away too. */
const MAX_CHALLENGES = 3;
/** A later message of a window leaves alone what an earlier one of it could not read. */
const TRIED_LATELY_MS = 12 * 60 * 60 * 1000;

/**
 * Walks a listing that is open, page by page, and stores every article published within the window that is not known;
 * known ones are visited again by `revisit`.
 *
 * Ends at the first page that is older than the window as a whole: pinned and misplaced items never end a run. An
 * article that cannot be read is rejected and the rest goes on; a listing that cannot be read fails the run, and so do
 * newest articles most of which cannot be read. Where nothing has a date, one page of unknown articles is read: more
 * would be the archive, dated today.
 *
 * @throws an error with a `category` (see errors.ts) when a listing page or most of the newest articles fail, and
 * whatever fails that says nothing of an article: the database, the raw store, the end of the run's time.
 */
export async function scrape(
  request: ScrapeRequest,
  start: OpenListing & { position: ListingPosition },
  deps: ScrapeDeps,
): Promise<ScrapeReport> {
  const { agencyKey, sourceUrl } = request;
  const { log } = deps;
  const { extractor } = start;
  const report: ScrapeReport = {
    platform: extractor.platform,
    pages: 0,
    itemsSeen: 0,
    inWindow: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    continueAt: null,
  };
  let tried = 0;
  let challenges = 0;
  /** Of all that was looked at, by address: pages overlap. */
  const looks = new Map<string, Look>();
  for await (const step of walkListing(sourceUrl, start, deps)) {
    // Each message gets one page and one article further, whatever its time.
    if (report.pages > 0 && deps.isOver()) return { ...report, continueAt: step.position };
    report.pages += 1;
    report.itemsSeen += step.fresh.length;
    await lookAt(step);
    const found = step.fresh.map((item) => looks.get(keyOf(item)));
    const isFirst = report.pages === 1 && request.cursor === undefined;
    if (isFirst)
      refuseUnreadable(
        found.filter((look) => look !== undefined),
        sourceUrl,
      );
    if (found.includes(undefined)) return { ...report, continueAt: step.position };
    const isOlder = step.listing.items.every((item) => looks.get(keyOf(item))?.placement === 'before');
    if (found.length > 0 && isOlder) return report;
    if (found.length > 0 && found.every((look) => look!.isUndated)) {
      log.warning('nothing on a page of the listing has a date: the rest is not read', { agencyKey, sourceUrl });
      return report;
    }
  }
  return report;

  /** Looks at the items of a page until time is up. */
  async function lookAt({ fresh, kept }: ListingStep): Promise<void> {
    const known = await deps.listKnown(fresh.map(keyOf));
    await forEachConcurrently(fresh, deps.concurrency, async (item) => {
      const look = await take(item, known.get(keyOf(item)), kept);
      if (look) looks.set(keyOf(item), look);
    });
  }

  /** Null when time is up before the article could be read. */
  async function take(item: ListingItem, known: KnownPage | undefined, listing: KeptPage): Promise<Look | null> {
    const listed = item.date && placementOf(item.date.instant, request);
    if (listed !== null && listed !== 'within') return { placement: listed };
    const now = deps.now();
    // A date that has not come may be a mistake, and corrected since.
    const placed = known?.publishedAt && known.publishedAt <= now ? placementOf(known.publishedAt, request) : null;
    if (known?.isStored || (placed !== null && placed !== 'within')) {
      const placement = listed ?? placed;
      if (placement === 'within') {
        report.inWindow += 1;
        report.unchanged += 1;
      }
      return { placement };
    }
    // It could not be read, or it is another address of a stored article, and its time has not come.
    const isTried =
      request.cursor !== undefined && known && now.getTime() - known.visitedAt.getTime() < TRIED_LATELY_MS;
    if (isTried || (known?.nextVisitAt && known.nextVisitAt > now)) {
      return { placement: listed, failure: known.failure ? { category: known.failure } : undefined };
    }
    if (tried > 0 && deps.isOver()) return null;
    tried += 1;
    return await read(item, listed, listing);
  }

  async function read(item: ListingItem, listed: Placement | null, listing: KeptPage): Promise<Look> {
    let mark: PageMark | null = null;
    let article: ScrapedArticle;
    try {
      canonicalUrlOf(item);
      const kept = item.readArticle ? listing : await deps.fetcher.get(articleAddress(item, extractor), extractor);
      mark = markOf(kept);
      article = readArticle(kept.page, item, { extractor, agencyKey, extractedAt: deps.now() });
    } catch (error) {
      // Without a page and without a category it is ours: the article is asked for again with the whole run.
      if (!(error instanceof Error) || error instanceof RateLimitedError) throw error;
      if (mark === null && !('category' in error)) throw error;
      report.rejected += 1;
      await deps.reject(item, error, mark);
      if (error instanceof AntiBotError && ++challenges === MAX_CHALLENGES) throw error;
      return { placement: listed, failure: { category: failureCategory(error), error } };
    }
    challenges = 0;
    const isUndated = article.publishedAtSource === 'first-seen';
    // Without any date an article is taken when it is first seen, whatever window is asked for.
    const placement = listed ?? (isUndated ? 'within' : placementOf(article.publishedAt, request));
    const found: ReadArticle = { article, mark, extractor, listed: item };
    if (placement === 'within') {
      report.inWindow += 1;
      report[await deps.store(found)] += 1;
    } else {
      await deps.pass(found);
    }
    return { placement, isUndated };
  }
}

/** @throws {UnreadableNewsError} when most of the newest articles cannot be read; links that lead nowhere do not count. */
function refuseUnreadable(looks: readonly Look[], sourceUrl: string): void {
  const newest = looks
    .filter(({ placement, failure }) => placement === 'within' || failure !== undefined)
    .filter(({ failure }) => failure?.category !== 'url_broken')
    .slice(0, NEWEST);
  const failures = newest.flatMap(({ failure }) => failure ?? []);
  if (failures.length <= MAX_UNREADABLE) return;
  const { category, error } = failures.find((failure) => failure.error) ?? failures[0]!;
  const reason = error ? `: ${error.message}` : '; dead letters say why each';
  throw new UnreadableNewsError(
    sourceUrl,
    category as UnreadableNewsError['category'],
    `announces news that cannot be read, ${failures.length} of the ${newest.length} newest${reason}`,
  );
}

/** Where an instant lies, in days as Brasília has them. */
function placementOf(instant: Date, { startDate, endDate }: DateWindow): Placement {
  const day = saoPauloDay(instant);
  if (day < startDate) return 'before';
  return day > endDate ? 'after' : 'within';
}
