import { canonicalUrl } from '../../shared/identity.ts';
import { failureCategory } from './errors.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { PageRow } from './pages-sql.ts';
import type { ListedArticle, PageMark, ReadArticle } from './read/read-article.ts';
import { nextTry, nextVisit } from './visit-schedule.ts';

type Source = { agencyKey: string; sourceUrl: string; extractor: Pick<Extractor, 'platform'> };

/** What stays of a visit that read an article. */
export function readRow(read: ReadArticle, sourceUrl: string, revisitDays: number): PageRow {
  const { article, mark, extractor, listed } = read;
  return {
    ...pageRow(listed, mark, { agencyKey: article.agencyKey, sourceUrl, extractor }),
    extractorVersion: extractor.version,
    failure: null,
    publishedAt: article.publishedAt,
    visitedAt: article.extractedAt,
    nextVisitAt: nextVisit(article.publishedAt, article.extractedAt, revisitDays),
  };
}

/** What stays of a visit that gave no article: it is not asked for again with every run. */
export function unreadRow(
  listed: ListedArticle,
  mark: PageMark | null,
  { error, visitedAt }: { error: Error; visitedAt: Date },
  source: Source,
): PageRow {
  return {
    ...pageRow(listed, mark, source),
    extractorVersion: null,
    failure: failureCategory(error),
    publishedAt: null,
    visitedAt,
    nextVisitAt: nextTry(visitedAt),
  };
}

function pageRow(
  { url, date, category, tags }: ListedArticle,
  mark: PageMark | null,
  { agencyKey, sourceUrl, extractor }: Source,
): Omit<PageRow, 'extractorVersion' | 'failure' | 'publishedAt' | 'visitedAt' | 'nextVisitAt'> {
  return {
    agencyKey,
    canonicalUrl: canonicalUrl(url) ?? url,
    sourceUrl,
    url,
    platform: extractor.platform,
    listed: { date: date?.instant.toISOString() ?? null, category, tags },
    etag: mark?.etag ?? null,
    lastModified: mark?.lastModified ?? null,
    bodySha256: mark?.sha256 ?? null,
    rawPath: mark?.rawPath ?? null,
    missingVisits: 0,
    oddAt: null,
    twinOf: null,
  };
}

/** What only the listing said, as it was remembered. */
export function listedOf({ url, listed: { date, category, tags } }: Pick<PageRow, 'url' | 'listed'>): ListedArticle {
  return { url, date: date === null ? null : { instant: new Date(date), hasTime: true }, category, tags };
}
