import type { ScrapedArticle } from '../../../shared/article.ts';
import { canonicalUrl } from '../../../shared/identity.ts';
import { BrokenUrlError } from '../errors.ts';
import type { ExtractedArticle, Extractor, ListingItem } from '../extractors/extractor.ts';
import type { KeptPage } from '../fetch/news-fetcher.ts';
import type { FetchedPage } from '../page.ts';
import { refuseOther } from './refuse-other.ts';

/** A hostile address may be longer than the database takes, and would fail the run, not the article. */
export const MAX_URL_LENGTH = 2000;

/** What a listing says of an article, and what its page is known by. */
export type ListedArticle = Pick<ListingItem, 'url' | 'date' | 'category' | 'tags'>;

/** @throws {BrokenUrlError} when the address cannot be that of an article. */
export function canonicalUrlOf({ url }: { url: string }): string {
  const canonical = canonicalUrl(url);
  if (canonical === null) throw new BrokenUrlError(url, 'it is no web address');
  if (canonical.length > MAX_URL_LENGTH) throw new BrokenUrlError(url, `it is over ${MAX_URL_LENGTH} characters`);
  return canonical;
}

/** An article as its page gives it, with what only the listing says filled in. */
export function toScrapedArticle(
  extracted: ExtractedArticle,
  listed: ListedArticle,
  { agencyKey, extractedAt }: { agencyKey: string; extractedAt: Date },
): ScrapedArticle {
  const { published, updated, ...fields } = extracted;
  const [publishedAt, publishedAtSource] = published
    ? ([published.instant, published.source] as const)
    : listed.date
      ? ([listed.date.instant, 'listing'] as const)
      : ([extractedAt, 'first-seen'] as const);
  return {
    agencyKey,
    url: listed.url,
    canonicalUrl: canonicalUrlOf(listed),
    ...fields,
    category: listed.category ?? fields.category,
    tags: fields.tags.length > 0 ? fields.tags : listed.tags,
    publishedAt,
    publishedAtSource,
    updatedDatetime: updated,
    extractedAt,
  };
}

/** What stays of a page once its article is read: not its body, for many may wait to be written. */
export interface PageMark {
  etag: string | null;
  lastModified: string | null;
  fetchedAt: Date;
  /** Lower-case hex, over the body as it came. */
  sha256: string;
  rawPath: string | null;
}

export function markOf({ page: { headers, fetchedAt }, sha256, rawPath }: KeptPage): PageMark {
  const { etag = null, 'last-modified': lastModified = null } = headers;
  return { etag, lastModified, fetchedAt, sha256, rawPath };
}

/** An article with what stays of the page from which it was read, and by whom. */
export interface ReadArticle {
  article: ScrapedArticle;
  mark: PageMark;
  extractor: Pick<Extractor, 'platform' | 'version'>;
  listed: ListedArticle;
}

/** Where the page of an article is asked for: some portals list themselves under http, which only redirects. */
export function articleAddress({ url }: Pick<ListedArticle, 'url'>, extractor: Extractor): string {
  return extractor.articleUrl(url.replace(/^http:/, 'https:'));
}

/**
 * Reads an article from its page, or from the listing that carries it whole.
 *
 * @throws an error with a `category` when the page is not the article: a listing, a notice, or where it redirects to.
 */
export function readArticle(
  page: FetchedPage,
  listed: ListedArticle & Pick<ListingItem, 'readArticle'>,
  { extractor, ...names }: { extractor: Extractor; agencyKey: string; extractedAt: Date },
): ScrapedArticle {
  if (listed.readArticle) return toScrapedArticle(listed.readArticle(), listed, names);
  refuseUpwardRedirect(page, listed.url);
  const extracted = extractor.parseArticle(page, listed.url);
  refuseOther(page, extractor, extracted);
  return toScrapedArticle(extracted, listed, names);
}

/** Sites send who asks for what is gone to the section above it, which has a headline and texts, too. */
function refuseUpwardRedirect({ url: final, requestedUrl }: FetchedPage, url: string): void {
  // "/view" is another spelling of the same article, not an address below it.
  if (canonicalUrl(final) === canonicalUrl(requestedUrl)) return;
  const [from, to] = [new URL(requestedUrl), new URL(final)];
  const isAbove = from.host === to.host && `${from.pathname}/`.startsWith(withSlash(to.pathname));
  if (isAbove && withSlash(from.pathname) !== withSlash(to.pathname)) {
    throw new BrokenUrlError(url, `it redirects to ${final}, the section above`);
  }
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
