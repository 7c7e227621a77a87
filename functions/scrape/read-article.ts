import type { ScrapedArticle } from '../../shared/article.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import { BrokenUrlError } from './errors.ts';
import type { ExtractedArticle, Extractor, ListingItem } from './extractors/extractor.ts';
import { fetchNews } from './judge-page.ts';
import type { FetchPage } from './page.ts';

/** An index entry of the database holds 2,704 bytes: a longer address would fail the run, not the article. */
const MAX_URL_LENGTH = 2000;

interface ReadArticleDeps {
  agencyKey: string;
  extractor: Extractor;
  fetchPage: FetchPage;
  now(): Date;
}

/**
 * The article behind a listed item, with what only the listing says filled in.
 *
 * @throws an error with a `category` when the page cannot be fetched or holds no article.
 */
export async function readArticle(
  item: ListingItem,
  { agencyKey, extractor, fetchPage, now }: ReadArticleDeps,
): Promise<ScrapedArticle> {
  const canonical = canonicalUrl(item.url);
  if (canonical === null) throw new BrokenUrlError(item.url, 'it is no web address');
  if (canonical.length > MAX_URL_LENGTH) throw new BrokenUrlError(item.url, `it is over ${MAX_URL_LENGTH} characters`);
  const extractedAt = now();
  // Some portals list themselves under http, which only redirects.
  const pageUrl = extractor.articleUrl(item.url.replace(/^http:/, 'https:'));
  const article: ExtractedArticle =
    item.readArticle?.() ?? extractor.parseArticle(await fetchNews(fetchPage, pageUrl, extractor.accept), item.url);
  const { published, updated, ...fields } = article;
  const [publishedAt, publishedAtSource] = published
    ? ([published.instant, published.source] as const)
    : item.date
      ? ([item.date.instant, 'listing'] as const)
      : ([extractedAt, 'first-seen'] as const);
  return {
    agencyKey,
    url: item.url,
    canonicalUrl: canonical,
    ...fields,
    category: item.category ?? fields.category,
    tags: fields.tags.length > 0 ? fields.tags : item.tags,
    publishedAt,
    publishedAtSource,
    updatedDatetime: updated,
    extractedAt,
  };
}
