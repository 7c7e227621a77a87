import type { PublishedAtSource, ScrapedArticle } from '../../../shared/article.ts';
import type { Platform } from '../../../shared/platform.ts';
import type { ParsedDate } from '../../../shared/time.ts';
import type { Page } from '../page.ts';

/** A publication date with the route by which it was found. */
export interface Published {
  instant: Date;
  source: PublishedAtSource;
}

/** The fields of an article as its page gives them. `content` is empty only where there is a video. */
export interface ExtractedArticle
  extends Pick<
    ScrapedArticle,
    'title' | 'subtitle' | 'editorialLead' | 'content' | 'imageUrl' | 'videoUrl' | 'category' | 'tags'
  > {
  /** Null when the page says nothing: the listing's date counts then. */
  published: Published | null;
  updated: Date | null;
}

/** One article as a listing announces it. */
export interface ListingItem {
  /** Absolute, as published. */
  url: string;
  title: string;
  date: ParsedDate | null;
  category: string | null;
  tags: string[];
  /** Where the listing carries the whole article; throws like `parseArticle`. */
  readArticle?: () => ExtractedArticle;
}

export interface ListingPage {
  items: ListingItem[];
  /** Entries on the page, those that are no news included: the offset of the next page grows by it. */
  entryCount: number;
  /** Where among the entries the last item stands, of a listing that is paged by offset; null when none is news. */
  lastItemIndex?: number | null;
  /** The site says that there is no further page. */
  isLast: boolean;
}

/** How far a listing has been read. */
export interface ListingPosition {
  pageCount: number;
  entryCount: number;
  /** Canonical URL of the last item before it: what stands here when the listing has not changed meanwhile. */
  after?: string | undefined;
}

/** Knows one site engine: where its pages are and what is where on them. Pure: fetching is not its business. */
export interface Extractor {
  platform: Platform;
  /** Grows with any change of what is read from a page, so that raw pages can be read again. */
  version: number;
  /** Media type to ask for. */
  accept: string;
  /** By which of a position the next page of a listing is asked for. */
  paging: 'offset' | 'number';
  listingUrl(sourceUrl: string, position: ListingPosition): string;
  /** A page without entries is an answer, not an error: it may be the end, or another engine. */
  parseListing(page: Page): ListingPage;
  /** The address from which `parseArticle` can read the article at `url`. */
  articleUrl(url: string): string;
  /** @throws {ExtractionError} when the title or the text is missing. */
  parseArticle(page: Page, url: string): ExtractedArticle;
}

export const HTML = 'text/html,application/xhtml+xml;q=0.9';

/** The address with one more parameter, as it is: Plone's have a colon in their names. */
export function withParameter(url: string, parameter: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '?' : `${search}&`}${parameter}`;
}
