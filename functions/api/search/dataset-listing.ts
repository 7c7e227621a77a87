import type { ArticleFilter } from '../../../shared/sql/article-filter.ts';
import type { Article, ArticleReads } from '../../../shared/stored-article.ts';
import type { Found, Position, SearchResult } from './contract.ts';

/** The first page of the newest, while articles are read from the dataset. Postgres, which has them too, goes on. */
export async function listDataset(
  filter: ArticleFilter,
  limit: number,
  storage: Pick<ArticleReads, 'get'>,
): Promise<Found> {
  const asOf = Date.now();
  const articles = await storage.get(filter, limit + 1);
  const page = articles.slice(0, limit);
  const isLast = articles.length === page.length;
  const last = page.at(-1);
  const next: Position | undefined =
    isLast || !last ? undefined : { asOf, publishedAt: last.published_at.getTime(), uniqueId: last.unique_id };
  return { results: page.map(toResult), next, total: { count: articles.length, is_exact: isLast }, facets: {} };
}

function toResult(article: Article): SearchResult {
  const { most_specific_theme_code: code, most_specific_theme_label: label } = article;
  return {
    unique_id: article.unique_id,
    title: article.title,
    url: article.url,
    agency: article.agency_key,
    agency_name: article.agency_name,
    published_at: article.published_at,
    summary: article.summary,
    theme: code !== null && label !== null ? { code, label } : null,
    image: article.image_url,
    score: null,
    highlight: null,
    copies: [],
  };
}
