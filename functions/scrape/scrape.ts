import type { ScrapedArticle } from '../../shared/article.ts';
import type { Logger } from '../../shared/log.ts';
import type { Platform } from '../../shared/platform.ts';
import { saoPauloDay } from '../../shared/time.ts';
import type { DateWindow } from '../../shared/window.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { OpenListing } from './detect.ts';
import { RateLimitedError } from './errors.ts';
import type { ListingItem, ListingPosition } from './extractors/extractor.ts';
import type { KeptPage, NewsFetcher } from './fetch/news-fetcher.ts';
import type { KnownPage } from './pages-sql.ts';
import { canonicalUrlOf, type ReadArticle, toScrapedArticle } from './read/read-article.ts';
import type { StoreOutcome } from './store.ts';
import { type ListingStep, walkListing } from './walk-listing.ts';

export interface ScrapeRequest extends DateWindow {
  agencyKey: string;
  sourceUrl: string;
  /** The platform that answered last time. */
  platform?: Platform | undefined;
  /** Where an earlier message stopped. */
  cursor?: ListingPosition | undefined;
}

export interface ScrapeDeps {
  fetcher: Pick<NewsFetcher, 'get'>;
  /** Those of the addresses that were visited before, by canonical URL. */
  listKnown(canonicalUrls: readonly string[]): Promise<ReadonlyMap<string, KnownPage>>;
  /** Called as soon as an article is read, several at a time. */
  store(read: ReadArticle): Promise<StoreOutcome>;
  /** Remembers an article that lies outside of the window, so that it need not be asked for again. */
  pass(read: ReadArticle): Promise<void>;
  /** Records an article that cannot be had; the run goes on. `kept` is its page, if one came. */
  reject(item: ListingItem, error: Error, kept: KeptPage | undefined): Promise<void>;
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

/** What is known of an item after a look at it; null when its day could not be told. */
interface Look {
  placement: Placement | null;
  /** Neither its listing nor its page has a date. */
  isUndated: boolean;
}

/**
 * Walks a listing that is open, page by page, and stores every article published within the window that is not known;
 * known ones are visited again by `revisit`.
 *
 * Ends at the first page that is older than the window as a whole: pinned and misplaced items never end a run. An
 * article that cannot be read is rejected and the rest goes on; a listing that cannot be read fails the run. Where
 * nothing has a date, one page of unknown articles is read: more would be the archive, dated today.
 *
 * @throws an error with a `category` (see errors.ts) when a listing page fails, and whatever `store` throws.
 */
export async function scrape(
  request: ScrapeRequest,
  start: OpenListing & { position: ListingPosition },
  deps: ScrapeDeps,
): Promise<ScrapeReport> {
  const { agencyKey, sourceUrl } = request;
  const { log } = deps;
  const report: ScrapeReport = {
    platform: start.extractor.platform,
    pages: 0,
    itemsSeen: 0,
    inWindow: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    continueAt: null,
  };
  let readCount = 0;
  /** Of all that was looked at, by address: pages overlap. */
  const placements = new Map<string, Placement | null>();
  for await (const step of walkListing(sourceUrl, start, deps)) {
    // Each message gets one page and one article further, whatever its time.
    if (report.pages > 0 && deps.isOver()) return { ...report, continueAt: step.position };
    report.pages += 1;
    report.itemsSeen += step.fresh.length;
    const looks = await takePage(step);
    if (looks.length < step.fresh.length) return { ...report, continueAt: step.position };
    const isOlder = step.listing.items.every((item) => placements.get(keyOf(item) ?? item.url) === 'before');
    if (looks.length > 0 && isOlder) return report;
    if (looks.length > 0 && looks.every(({ isUndated }) => isUndated)) {
      log.warning('nothing on a page of the listing has a date: the rest is not read', { agencyKey, sourceUrl });
      return report;
    }
  }
  return report;

  /** Looks at the items of a page until time is up. */
  async function takePage({ fresh, kept }: ListingStep): Promise<Look[]> {
    const known = await deps.listKnown(fresh.flatMap((item) => keyOf(item) ?? []));
    const looks: Look[] = [];
    await forEachConcurrently(fresh, deps.concurrency, async (item) => {
      const look = await take(item, known.get(keyOf(item) ?? ''), kept);
      if (!look) return;
      placements.set(keyOf(item) ?? item.url, look.placement);
      looks.push(look);
    });
    return looks;
  }

  /** Null when time is up before the article could be read. */
  async function take(item: ListingItem, known: KnownPage | undefined, listing: KeptPage): Promise<Look | null> {
    const listed = item.date && placementOf(item.date.instant, request);
    if (listed !== null && listed !== 'within') return { placement: listed, isUndated: false };
    const placed = known?.publishedAt ? placementOf(known.publishedAt, request) : null;
    if (known?.isStored || (placed !== null && placed !== 'within')) {
      const placement = listed ?? placed;
      if (placement === 'within') {
        report.inWindow += 1;
        report.unchanged += 1;
      }
      return { placement, isUndated: false };
    }
    // It could not be read, or it is another address of a stored article, and its time has not come.
    if (known?.nextVisitAt && known.nextVisitAt > deps.now()) return { placement: listed, isUndated: false };
    if (readCount > 0 && deps.isOver()) return null;
    readCount += 1;
    return await read(item, listed, listing);
  }

  async function read(item: ListingItem, listed: Placement | null, listing: KeptPage): Promise<Look> {
    let kept: KeptPage | undefined;
    let article: ScrapedArticle;
    try {
      canonicalUrlOf(item);
      const { extractor } = start;
      // Some portals list themselves under http, which only redirects.
      const address = extractor.articleUrl(item.url.replace(/^http:/, 'https:'));
      kept = item.readArticle ? listing : await deps.fetcher.get(address, extractor);
      const extracted = item.readArticle?.() ?? extractor.parseArticle(kept.page, item.url);
      article = toScrapedArticle(extracted, item, { agencyKey, extractedAt: deps.now() });
    } catch (error) {
      if (error instanceof RateLimitedError) throw error;
      report.rejected += 1;
      await deps.reject(item, error instanceof Error ? error : new Error(String(error)), kept);
      return { placement: listed, isUndated: false };
    }
    const isUndated = article.publishedAtSource === 'first-seen';
    // Without any date an article is taken when it is first seen, whatever window is asked for.
    const placement = listed ?? (isUndated ? 'within' : placementOf(article.publishedAt, request));
    if (placement === 'within') {
      report.inWindow += 1;
      report[await deps.store({ article, kept, extractor: start.extractor, listed: item })] += 1;
    } else {
      await deps.pass({ article, kept, extractor: start.extractor, listed: item });
    }
    return { placement, isUndated };
  }
}

/** Where an instant lies, in days as Brasília has them. */
function placementOf(instant: Date, { startDate, endDate }: DateWindow): Placement {
  const day = saoPauloDay(instant);
  if (day < startDate) return 'before';
  return day > endDate ? 'after' : 'within';
}

/** The key of an item by which it may be known; hostile addresses have none. */
function keyOf(item: ListingItem): string | undefined {
  try {
    return canonicalUrlOf(item);
  } catch {
    return undefined;
  }
}
