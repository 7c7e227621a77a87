import type { ScrapedArticle } from '../../../shared/article.ts';
import { canonicalUrl } from '../../../shared/identity.ts';
import { BrokenUrlError } from '../errors.ts';
import type { ExtractedArticle, Extractor, ListingItem } from '../extractors/extractor.ts';
import type { KeptPage } from '../fetch/news-fetcher.ts';

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

/** An article with the page from which it was read, and by whom. */
export interface ReadArticle {
  article: ScrapedArticle;
  kept: KeptPage;
  extractor: Pick<Extractor, 'platform' | 'version'>;
  listed: ListedArticle;
}
