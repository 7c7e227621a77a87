import type { Database } from '../../shared/database.ts';
import type { Encoder } from '../../shared/encoder.ts';
import { errorText } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { Article, ArticleReads } from '../../shared/stored-article.ts';
import type { SearchRequest } from './search-parameters.ts';
import { findArticles, type SearchResult, type SearchTerms } from './search-sql.ts';

export interface SearchDeps {
  db: Database;
  storage: ArticleReads;
  encoder: Encoder;
  /** As `prepareNearest` takes it. */
  efSearch?: number | undefined;
  log: Logger;
}

export interface SearchAnswer {
  query: string;
  count: number;
  /** The encoder failed, so only the words were looked for. */
  degraded?: true;
  results: SearchResult[];
}

/** Finds articles by words and meaning; without a text, the newest. */
export async function search({ q, limit, ...filter }: SearchRequest, deps: SearchDeps): Promise<SearchAnswer> {
  if (q === '') {
    const results = (await deps.storage.get(filter, limit)).map(toResult);
    return { query: q, count: results.length, results };
  }
  const embedding = await encodeQuery(q, deps);
  const results = await deps.db.snapshot((tx) => findArticles(tx, { text: q, embedding }, filter, limit, deps));
  return { query: q, count: results.length, ...(embedding ? {} : { degraded: true }), results };
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
  };
}

async function encodeQuery(text: string, { encoder, log }: SearchDeps): Promise<SearchTerms['embedding']> {
  try {
    const [vector] = await encoder.encode([text], { kind: 'query' });
    return { model: encoder.model, vector: vector! };
  } catch (error) {
    log.error('query not encoded, searched by its words alone', { stage: 'api', error: errorText(error) });
    return undefined;
  }
}
