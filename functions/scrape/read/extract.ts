import type { ScrapedArticle } from '../../../shared/article.ts';
import type { Platform } from '../../../shared/platform.ts';
import { saoPauloIso } from '../../../shared/time.ts';
import type { FailureCategory } from '../errors.ts';
import type { ListingItem } from '../extractors/extractor.ts';
import type { Page } from '../page.ts';
import { toColumns } from '../store.ts';
import { toScrapedArticle } from './read-article.ts';
import { publicUrl, type ReadOptions, readListing, readPage } from './read-page.ts';

/** What would be stored of an article, under the names of the columns of `news`. */
export interface ExtractedRecord {
  title: string;
  /** As published, without the part that leads to an API. */
  url: string;
  canonical_url: string;
  agency_key: string | null;
  /** Local ISO text, as `saoPauloIso` gives it; null when neither the page nor its listing says when. */
  published_at: string | null;
  updated_datetime: string | null;
  category: string | null;
  tags: string[];
  editorial_lead: string | null;
  subtitle: string | null;
  /** Markdown; empty only where there is a video. */
  content: string;
  image_url: string | null;
  video_url: string | null;
  content_hash: string | null;
  platform: Platform;
}

/** An article as a listing announces it. */
export interface ListedRecord {
  title: string;
  url: string;
  /** Local ISO text; midnight where the listing gives only the day. */
  date: string | null;
  category: string | null;
  tags: string[];
}

/** A page that is not news, with the category that a run of the scraper would have. */
export interface ExtractionFailure {
  failure: Failure;
}

export interface Failure {
  category: FailureCategory;
  reason: string;
}

export interface ExtractOptions extends ReadOptions {
  agencyKey?: string | null | undefined;
  /** What the listing said: it counts where the page says nothing, its category always. */
  listed?: Pick<ListingItem, 'date' | 'category' | 'tags'> | undefined;
}

/**
 * What would be stored of the article on a page, or why it is not news. Pure: the same page gives the same record.
 *
 * @throws only what nobody has foreseen.
 */
export function extractPage(page: Page, options: ExtractOptions = {}): ExtractedRecord | ExtractionFailure {
  const { agencyKey, listed = { date: null, category: null, tags: [] } } = options;
  return orFailure(() => {
    const url = options.url ?? publicUrl(page.url);
    const { platform, article } = readPage(page, { ...options, url });
    // Nobody sees the time: an article without a date has none in its record.
    const names = { agencyKey: agencyKey ?? '', extractedAt: new Date(0) };
    return toRecord(toScrapedArticle(article, { url, ...listed }, names), platform);
  });
}

/** The articles that a listing announces, or why the page is none. */
export function extractListing(page: Page, options: ReadOptions = {}): ListedRecord[] | ExtractionFailure {
  return orFailure(() => readListing(page, options).items.map(toListedRecord));
}

/** An article as it is stored. Without an agency its key is empty. */
export function toRecord(article: ScrapedArticle, platform: Platform): ExtractedRecord {
  const stored = toColumns(article);
  const { publishedAtSource, publishedAt, updatedDatetime } = article;
  return {
    title: stored.title,
    url: stored.url,
    canonical_url: article.canonicalUrl,
    agency_key: stored.agency_key || null,
    published_at: publishedAtSource === 'first-seen' ? null : saoPauloIso(publishedAt),
    updated_datetime: updatedDatetime && saoPauloIso(updatedDatetime),
    category: stored.category,
    tags: stored.tags,
    editorial_lead: stored.editorial_lead,
    subtitle: stored.subtitle,
    content: stored.content,
    image_url: stored.image_url,
    video_url: stored.video_url,
    content_hash: stored.content_hash,
    platform,
  };
}

export function toListedRecord({ title, url, date, category, tags }: ListingItem): ListedRecord {
  return { title, url, date: date && saoPauloIso(date.instant), category, tags };
}

/** What a thrown value says as a failure; null for what nobody has foreseen. */
export function describeFailure(error: unknown): Failure | null {
  if (!(error instanceof Error && 'category' in error && 'url' in error)) return null;
  const { category, message, url } = error as Error & { category: FailureCategory; url: string };
  // Every such text begins with the address, which whoever asks knows.
  return { category, reason: message.startsWith(`${url} `) ? `the page ${message.slice(url.length + 1)}` : message };
}

function orFailure<T>(read: () => T): T | ExtractionFailure {
  try {
    return read();
  } catch (error) {
    const failure = describeFailure(error);
    if (!failure) throw error;
    return { failure };
  }
}
