import type { ArticleReads } from '../../../shared/stored-article.ts';
import { unavailable } from '../deadline.ts';
import type { Embedding, Found, SearchQuery, SearchResult } from './contract.ts';
import { type Cursor, digestModel, formatCursor, isByRelevance, readCursor } from './cursor.ts';
import { listDataset } from './dataset-listing.ts';
import { type EncodeDeps, encodeQuery } from './encode-query.ts';
import { askIndex, type IndexAnswer, type Indexes } from './indexes.ts';
import { filterOf, type SearchRequest } from './parameters.ts';
import { readTerms } from './query-terms.ts';

export interface SearchDeps extends Indexes, EncodeDeps {
  storage: ArticleReads;
}

/** What an answer had to do without. */
export interface Degraded {
  missing: 'meaning' | 'index';
  /** For people. */
  detail: string;
}

/** Names as the answer of `GET /search` has them. */
export interface SearchAnswer {
  query: string;
  /** Results of this page. */
  count: number;
  total: Found['total'];
  /** The `cursor` of the next page, null on the last one. */
  next: string | null;
  degraded?: Degraded;
  facets?: Found['facets'];
  results: SearchResult[];
}

/**
 * Finds articles by words and meaning; without a text, the newest. All pages are found as the first one was.
 *
 * @throws {ProblemError} 400 for a cursor that cannot be used; 503 for a page that cannot be found as the one before.
 */
export async function search(request: SearchRequest, deps: SearchDeps, deadline: AbortSignal): Promise<SearchAnswer> {
  const cursor = readCursor(request);
  if (request.q === '' && !cursor && request.facets.length === 0 && deps.storage.source === 'dataset') {
    return answer(request, await listDataset(filterOf(request), request.limit, deps.storage), {});
  }
  const { wanted } = readTerms(request.q);
  const hasMeaning = isByRelevance(request) && wanted !== '';
  const embedding = hasMeaning ? await lookForMeaning(wanted, cursor, deps) : undefined;
  const { value, isFallback } = await find(toQuery(request, cursor, embedding), cursor, deps, deadline);
  const isWordsOnly = hasMeaning && embedding === undefined;
  return answer(request, value, { isWordsOnly, isFallback, modelDigest: embedding && digestModel(embedding.model) });
}

function toQuery(request: SearchRequest, cursor: Cursor | undefined, embedding: Embedding | undefined): SearchQuery {
  return {
    text: request.q,
    embedding,
    filter: filterOf(request),
    sort: isByRelevance(request) ? 'relevance' : 'date',
    limit: request.limit,
    after: cursor?.position,
    facets: request.facets,
  };
}

/** The order of the page before holds for this one: a page that was ranked by words alone goes on so. */
async function lookForMeaning(
  wanted: string,
  cursor: Cursor | undefined,
  deps: SearchDeps,
): Promise<Embedding | undefined> {
  if (cursor?.isWordsOnly) return undefined;
  const embedding = await encodeQuery(wanted, deps);
  if (!embedding && cursor) throw brokenOrder('the meaning of the words cannot be looked for now');
  if (embedding && cursor && cursor.modelDigest !== digestModel(embedding.model)) {
    throw brokenOrder('the meaning of the words is looked for with another model now');
  }
  return embedding;
}

/** A page goes on in the index that gave the one before: ranks differ in another, and so do instants and ties. */
async function find(
  query: SearchQuery,
  cursor: Cursor | undefined,
  deps: SearchDeps,
  deadline: AbortSignal,
): Promise<IndexAnswer<Found>> {
  if (cursor?.isFallback && deps.fallback) {
    return { value: await deps.fallback.find(query, deadline), isFallback: true };
  }
  return await askIndex(
    (index, signal) => {
      if (cursor && index === deps.fallback) throw brokenOrder('the search index is away');
      return index.find(query, signal);
    },
    deps,
    deadline,
  );
}

function brokenOrder(reason: string): Error {
  return unavailable(`The page cannot be found in the order of the one before: ${reason}.`, reason);
}

function answer(
  request: SearchRequest,
  { results, next, total, facets }: Found,
  state: Omit<Cursor, 'position'>,
): SearchAnswer {
  const degraded = degradedBy(state);
  return {
    query: request.q,
    count: results.length,
    total,
    next: next ? formatCursor({ position: next, ...state }, request) : null,
    ...(degraded ? { degraded } : {}),
    ...(request.facets.length > 0 ? { facets } : {}),
    results,
  };
}

/** What an answer that was found so had to do without. */
export function degradedBy({ isWordsOnly, isFallback }: Pick<Cursor, 'isWordsOnly' | 'isFallback'>) {
  const byWords = 'these results have the words alone';
  if (isFallback) {
    const detail = `The search index is away: these results come from the database${isWordsOnly ? `, and ${byWords}` : ''}.`;
    return { missing: 'index', detail } satisfies Degraded;
  }
  if (!isWordsOnly) return undefined;
  return {
    missing: 'meaning',
    detail: `The meaning of the words could not be looked for: ${byWords}.`,
  } satisfies Degraded;
}
