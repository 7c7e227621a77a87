import { type OpenListing, openListing } from '../../functions/scrape/detect.ts';
import type { Extractor, ListingItem } from '../../functions/scrape/extractors/extractor.ts';
import type { PageFetcher } from '../../functions/scrape/fetch/fetch-page.ts';
import { createNewsFetcher, type KeptPage, type NewsFetcher } from '../../functions/scrape/fetch/news-fetcher.ts';
import type { FetchedPage } from '../../functions/scrape/page.ts';
import { nullRawStore } from '../../functions/scrape/raw-store/open.ts';
import { detectPage } from '../../functions/scrape/read/detect-page.ts';
import {
  describeFailure,
  type ExtractedRecord,
  extractListing,
  type Failure,
  toListedRecord,
  toRecord,
} from '../../functions/scrape/read/extract.ts';
import { articleAddress, readArticle } from '../../functions/scrape/read/read-article.ts';
import type { PublishedAtSource } from '../../shared/article.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Platform } from '../../shared/platform.ts';
import { saoPauloDay } from '../../shared/time.ts';

/** What came of asking for one page. */
interface Visit {
  requested_url: string;
  /** Null when nothing came, or what came says no status. */
  status: number | null;
  /** After redirects; null when nothing came. */
  final_url: string | null;
  duration_ms: number;
}

/** One engine, tried on the first page of a listing. */
export interface ProbeAttempt extends Visit {
  platform: Platform;
  content_type: string | null;
  /** Of the body as it came, its content encoding undone. */
  size_bytes: number | null;
  /** What the page looks like, whatever engine was tried on it; null when none came. */
  looks_like: Platform | null;
  /** Why it looks so, strongest first. */
  signs: string[];
  item_count: number;
  /** Null for the attempt that found the listing. */
  failure: Failure | null;
}

/** What the first page of a listing has. */
export interface ProbedListing {
  /** Entries of the page, those that are no news included. */
  entry_count: number;
  item_count: number;
  /** Days in Brasília; null where no item has a date. */
  first_date: string | null;
  last_date: string | null;
  with_date_count: number;
  /** Of those with a date: the others name only the day. */
  with_time_count: number;
  with_category_count: number;
  with_tags_count: number;
  /** Null when this page is the last, or all that the engine reads. */
  next_url: string | null;
}

/** One of the first articles of a listing. */
export interface ProbedArticle extends Visit {
  listed: ReturnType<typeof toListedRecord>;
  /** As it would be stored, but for the length of its text; null when it would not be. */
  record: ExtractedRecord | null;
  /** `first-seen`: neither page nor listing has a date, and a run would write down its own time. */
  published_at_source: PublishedAtSource | null;
  /** Of the whole text. */
  content_length: number | null;
  failure: Failure | null;
}

export interface ProbeResult {
  /** Null when no engine reads the listing. */
  platform: Platform | null;
  attempts: ProbeAttempt[];
  listing: ProbedListing | null;
  articles: ProbedArticle[];
  /** Why there is no listing. */
  failure: Failure | null;
}

export interface ProbeOptions {
  agencyKey: string | null;
  platform?: Platform | undefined;
  /** Says what is done next. */
  report(text: string): void;
  now(): Date;
}

const ARTICLE_COUNT = 3;
const EXCERPT_LENGTH = 400;

/**
 * Reads a listing and its first articles as a run would, and says what came of it: failures are part of the result. Nothing is stored.
 */
export async function probeListing(url: string, pages: PageFetcher, options: ProbeOptions): Promise<ProbeResult> {
  const attempts: ProbeAttempt[] = [];
  const visit = visitor(pages);
  const get: NewsFetcher['get'] = async (address, extractor) => {
    options.report(`${extractor.platform}: ${address}`);
    const { came, outcome } = await visit(address, extractor);
    attempts.push(attemptOf(extractor, came, outcome));
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  try {
    const open = await openListing({ sourceUrl: url, hint: options.platform }, { get });
    const articles: ProbedArticle[] = [];
    for (const item of open.listing.items.slice(0, ARTICLE_COUNT)) {
      options.report(`article ${articles.length + 1}: ${item.url}`);
      articles.push(await probeArticle(item, open, visit, options));
    }
    const { platform } = open.extractor;
    return { platform, attempts, listing: describeListing(url, open), articles, failure: null };
  } catch (error) {
    return { platform: null, attempts, listing: null, articles: [], failure: failureOf(error) };
  }
}

/** A run goes on after any error, too. */
function failureOf(error: unknown): Failure {
  return describeFailure(error) ?? { category: 'unknown', reason: errorMessage(error) };
}

/** What came of a visit: the page whatever is thought of it, and that thought. */
interface Came extends Visit {
  page: FetchedPage | null;
}

type VisitPage = (url: string, extractor: Extractor) => Promise<{ came: Came; outcome: KeptPage | Error }>;

function visitor({ fetchPage, fetchIfChanged }: PageFetcher): VisitPage {
  return async (url, extractor) => {
    let page: FetchedPage | null = null;
    const fetcher = createNewsFetcher({
      fetchPage: async (address, accept) => {
        page = await fetchPage(address, accept);
        return page;
      },
      fetchIfChanged,
      rawStore: nullRawStore,
      agencyKey: '',
    });
    const startedAt = performance.now();
    const outcome = await fetcher.get(url, extractor).catch((error: Error) => error);
    const came = cameOf(url, page, Math.round(performance.now() - startedAt), outcome);
    return { came, outcome };
  };
}

/** @param outcome an error may know the status of an answer that was no page. */
function cameOf(url: string, page: FetchedPage | null, durationMs: number, outcome: KeptPage | Error): Came {
  const { status } = page ?? (outcome as { status?: unknown });
  return {
    requested_url: url,
    status: typeof status === 'number' ? status : null,
    final_url: page?.url ?? null,
    duration_ms: durationMs,
    page,
  };
}

function attemptOf({ platform }: Extractor, { page, ...visit }: Came, outcome: KeptPage | Error): ProbeAttempt {
  const nothing = { content_type: null, size_bytes: null, looks_like: null, signs: [] };
  const look = page
    ? { content_type: page.contentType || null, size_bytes: page.bytes.byteLength, ...looksOf(page) }
    : nothing;
  if (outcome instanceof Error) return { platform, ...visit, ...look, item_count: 0, failure: failureOf(outcome) };
  const result = extractListing(outcome.page, { platform });
  return Array.isArray(result)
    ? { platform, ...visit, ...look, item_count: result.length, failure: null }
    : { platform, ...visit, ...look, item_count: 0, failure: result.failure };
}

function looksOf(page: FetchedPage): Pick<ProbeAttempt, 'looks_like' | 'signs'> {
  try {
    const { platform, signs } = detectPage(page);
    return { looks_like: platform, signs };
  } catch (error) {
    // Markup beyond the limits looks like nothing; the attempt fails by it, too.
    if (!describeFailure(error)) throw error;
    return { looks_like: null, signs: [] };
  }
}

function describeListing(url: string, { extractor, listing }: OpenListing): ProbedListing {
  const { items, entryCount, isLast } = listing;
  const days = items.flatMap(({ date }) => (date ? saoPauloDay(date.instant) : [])).toSorted();
  const nextUrl = extractor.listingUrl(url, { pageCount: 1, entryCount });
  const count = (has: (item: ListingItem) => boolean) => items.filter(has).length;
  return {
    entry_count: entryCount,
    item_count: items.length,
    first_date: days[0] ?? null,
    last_date: days.at(-1) ?? null,
    with_date_count: days.length,
    with_time_count: count(({ date }) => date?.hasTime === true),
    with_category_count: count(({ category }) => category !== null),
    with_tags_count: count(({ tags }) => tags.length > 0),
    next_url: isLast || nextUrl === url ? null : nextUrl,
  };
}

async function probeArticle(
  item: ListingItem,
  { extractor, kept: listing }: OpenListing,
  visitPage: VisitPage,
  { agencyKey, now }: ProbeOptions,
): Promise<ProbedArticle> {
  const listed = toListedRecord(item);
  const address = articleAddress(item, extractor);
  const { came, outcome } = item.readArticle
    ? { came: cameOf(listing.page.requestedUrl, listing.page, 0, listing), outcome: listing }
    : await visitPage(address, extractor);
  const { page: _page, ...visit } = came;
  try {
    if (outcome instanceof Error) throw outcome;
    const names = { agencyKey: agencyKey ?? '', extractedAt: now() };
    const article = readArticle(outcome.page, item, { extractor, ...names });
    const record = toRecord(article, extractor.platform);
    const characters = [...record.content];
    return {
      listed,
      ...visit,
      record: { ...record, content: characters.slice(0, EXCERPT_LENGTH).join('') },
      published_at_source: article.publishedAtSource,
      content_length: characters.length,
      failure: null,
    };
  } catch (error) {
    const failure = failureOf(error);
    return { listed, ...visit, record: null, published_at_source: null, content_length: null, failure };
  }
}
