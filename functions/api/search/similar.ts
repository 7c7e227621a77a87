import { readArticle } from '../articles.ts';
import type { SearchIndex, SearchResult } from './contract.ts';
import { modelOfSearch } from './encode-query.ts';
import { askIndex } from './indexes.ts';
import { filterOf, type SimilarRequest } from './parameters.ts';
import { type Degraded, degradedBy, type SearchDeps } from './search.ts';

/** Names as the answer of `GET /articles/:id/similar` has them. */
export interface SimilarAnswer {
  unique_id: string;
  count: number;
  degraded?: Degraded;
  results: SearchResult[];
}

/** Words of a title that are looked for while its meaning is not known. */
const maxWords = 20;

/**
 * The articles nearest in meaning to one, its copies left out. While it has no vector: those with words of its title.
 *
 * @throws {ProblemError} 404 when there is no such article, 410 when it is gone from the agency's site.
 */
export async function findSimilar(
  id: string,
  request: SimilarRequest,
  deps: SearchDeps,
  deadline: AbortSignal,
): Promise<SimilarAnswer> {
  const { unique_id: uniqueId, title, content_hash: contentHash } = await readArticle(deps.storage, id);
  const { limit } = request;
  const filter = filterOf(request);
  const model = await modelOfSearch(deps);
  const nearest = async (index: SearchIndex, signal: AbortSignal) => {
    const results = model && (await index.similar(uniqueId, { model, filter, limit }, signal));
    if (results) return { results, isWordsOnly: false };
    // One more, for the article itself where it has no hash.
    const query = {
      text: anyWord(title),
      filter,
      exceptHash: contentHash ?? undefined,
      sort: 'relevance',
      limit: limit + 1,
      facets: [],
    } as const;
    const found = query.text === '' ? [] : (await index.find(query, signal)).results;
    const others = found.filter(({ unique_id, copies }) => unique_id !== uniqueId && !copies.includes(uniqueId));
    return { results: others.slice(0, limit), isWordsOnly: true };
  };
  const { value, isFallback } = await askIndex(nearest, deps, deadline);
  const degraded = degradedBy({ isWordsOnly: value.isWordsOnly, isFallback });
  return {
    unique_id: uniqueId,
    count: value.results.length,
    ...(degraded ? { degraded } : {}),
    results: value.results,
  };
}

/** As a search for any of the words of a title; short ones are in every article. */
function anyWord(title: string): string {
  const words = title.match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return [...new Set(words)].slice(0, maxWords).join(' or ');
}
