import type { ScrapedArticle } from '../../shared/article.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import type { Logger } from '../../shared/log.ts';
import type { Platform } from '../../shared/platform.ts';
import { saoPauloDay } from '../../shared/time.ts';
import { openListing } from './detect.ts';
import { RateLimitedError } from './errors.ts';
import type { ListingItem, ListingPage } from './extractors/extractor.ts';
import { fetchNews } from './judge-page.ts';
import type { FetchPage } from './page.ts';
import { readArticle } from './read-article.ts';

const DEFAULT_MAX_PAGES = 200;

export interface ScrapeRequest {
  agencyKey: string;
  sourceUrl: string;
  /** The platform that answered last time. */
  platform?: Platform | undefined;
  /** Local days in America/Sao_Paulo, `YYYY-MM-DD`, both inclusive. */
  startDate: string;
  endDate: string;
}

export interface ScrapeDeps {
  fetchPage: FetchPage;
  /** Called as soon as an article is extracted, several at a time. */
  store(article: ScrapedArticle): Promise<'inserted' | 'updated' | 'unchanged'>;
  /** Records an article that cannot be had; the run goes on. */
  reject(url: string, error: Error): Promise<void>;
  now(): Date;
  log: Logger;
  /** Articles in work at the same time; what is asked of a host is bounded by `fetchPage`. */
  concurrency?: number;
  maxPages?: number;
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
}

type Placement = 'before' | 'within' | 'after';

async function forEachConcurrently<T>(
  items: Iterable<T>,
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let isFailed = false;
  const worker = async () => {
    for (let next = iterator.next(); !next.done && !isFailed; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: count }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Reads the listing of one source, page by page, and stores every article published within the window.
 *
 * Ends at the first page that is older than the window as a whole: pinned and misplaced items never end a run. An
 * article that cannot be read is rejected and the rest goes on; a listing that cannot be read fails the run.
 *
 * @throws an error with a `category` (see errors.ts) when a listing page fails, and whatever `store` throws.
 */
export async function scrape(request: ScrapeRequest, deps: ScrapeDeps): Promise<ScrapeReport> {
  const { agencyKey, sourceUrl, startDate, endDate } = request;
  const { fetchPage, log, maxPages = DEFAULT_MAX_PAGES, concurrency = 2 } = deps;
  const { extractor, firstPage } = await openListing({ sourceUrl, hint: request.platform }, fetchPage);
  const { platform } = extractor;
  const report: ScrapeReport = {
    platform,
    pages: 0,
    itemsSeen: 0,
    inWindow: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
  };
  if (request.platform !== undefined && request.platform !== platform) {
    log.warning('platform changed', { agencyKey, before: request.platform, platform });
  }

  const placement = (date: Date): Placement => {
    const day = saoPauloDay(date);
    if (day < startDate) return 'before';
    return day > endDate ? 'after' : 'within';
  };

  /** Reads one listed article and stores it if it belongs to the window; null when that could not be told. */
  async function take(item: ListingItem): Promise<Placement | null> {
    const listed = item.date && placement(item.date.instant);
    if (listed !== null && listed !== 'within') return listed;
    let article: ScrapedArticle;
    let dated: Placement;
    try {
      article = await readArticle(item, { agencyKey, extractor, fetchPage, now: deps.now });
      // Without any date an article is taken when it is first seen, whatever window is asked for.
      dated = listed ?? (article.publishedAtSource === 'first-seen' ? 'within' : placement(article.publishedAt));
    } catch (error) {
      if (error instanceof RateLimitedError) throw error;
      report.rejected += 1;
      await deps.reject(item.url, error instanceof Error ? error : new Error(String(error)));
      return listed;
    }
    if (dated !== 'within') return dated;
    report.inWindow += 1;
    report[await deps.store(article)] += 1;
    return dated;
  }

  const seen = new Set<string>();
  let entryCount = 0;
  let page: ListingPage = firstPage;
  while (true) {
    report.pages += 1;
    entryCount += page.entryCount;
    const fresh = page.items.filter((item) => {
      const key = canonicalUrl(item.url) ?? item.url;
      return !seen.has(key) && seen.add(key);
    });
    report.itemsSeen += fresh.length;
    let isOlder = fresh.length > 0;
    await forEachConcurrently(fresh, concurrency, async (item) => {
      if ((await take(item)) !== 'before') isOlder = false;
    });
    // Some servers answer an offset beyond the end with the last page again.
    const isRepeated = page.items.length > 0 && fresh.length === 0;
    if (isOlder || isRepeated || page.isLast || page.entryCount === 0) return report;
    if (report.pages >= maxPages) {
      log.warning('listing not read to the end of the window', { agencyKey, sourceUrl, pages: report.pages });
      return report;
    }
    const url = extractor.listingUrl(sourceUrl, { pageCount: report.pages, entryCount });
    page = extractor.parseListing(await fetchNews(fetchPage, url, extractor.accept));
  }
}
