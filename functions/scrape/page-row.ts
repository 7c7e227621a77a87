import { canonicalUrl } from '../../shared/identity.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { KeptPage } from './fetch/news-fetcher.ts';
import type { PageRow } from './pages-sql.ts';
import type { ListedArticle, ReadArticle } from './read/read-article.ts';
import { nextTry, nextVisit } from './visit-schedule.ts';

/** What stays of a visit that read an article. */
export function readRow(read: ReadArticle, sourceUrl: string, revisitDays: number): PageRow {
  const { article, kept, extractor, listed } = read;
  return {
    ...fetchedRow(kept, listed, { agencyKey: article.agencyKey, sourceUrl, extractor }),
    extractorVersion: extractor.version,
    publishedAt: article.publishedAt,
    visitedAt: article.extractedAt,
    nextVisitAt: nextVisit(article.publishedAt, article.extractedAt, revisitDays),
  };
}

/** What stays of a visit to a page that came and could not be read. */
export function unreadableRow(
  kept: KeptPage,
  listed: ListedArticle,
  source: { agencyKey: string; sourceUrl: string; extractor: Pick<Extractor, 'platform'> },
): PageRow {
  const visitedAt = kept.page.fetchedAt;
  return {
    ...fetchedRow(kept, listed, source),
    extractorVersion: null,
    publishedAt: null,
    visitedAt,
    nextVisitAt: nextTry(visitedAt),
  };
}

function fetchedRow(
  { page, sha256, rawPath }: KeptPage,
  { url, date, category, tags }: ListedArticle,
  { agencyKey, sourceUrl, extractor }: { agencyKey: string; sourceUrl: string; extractor: Pick<Extractor, 'platform'> },
): Omit<PageRow, 'extractorVersion' | 'publishedAt' | 'visitedAt' | 'nextVisitAt'> {
  return {
    agencyKey,
    canonicalUrl: canonicalUrl(url) ?? url,
    sourceUrl,
    url,
    platform: extractor.platform,
    listed: { date: date?.instant.toISOString() ?? null, category, tags },
    etag: page.headers.etag ?? null,
    lastModified: page.headers['last-modified'] ?? null,
    bodySha256: sha256,
    rawPath,
    missingVisits: 0,
  };
}

/** What only the listing said, as it was remembered. */
export function listedOf({ url, listed: { date, category, tags } }: Pick<PageRow, 'url' | 'listed'>): ListedArticle {
  return { url, date: date === null ? null : { instant: new Date(date), hasTime: true }, category, tags };
}
