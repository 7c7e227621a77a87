import type { Found, Position, SearchIndex, SearchQuery } from '../../../../functions/api/search/contract.ts';
import { type ContractArticle, contractModel, embed } from './contract-articles.ts';

/** An index with nothing in it but the agencies and themes of `seedCatalogue`, and a way to put articles in. */
export interface IndexUnderTest {
  index: SearchIndex;
  /** Inserts articles, the first ones and later ones. */
  insert(articles: readonly ContractArticle[]): Promise<void>;
  close(): Promise<void>;
}

/** A search for everything, to be narrowed. */
export const everything: SearchQuery = { text: '', filter: {}, sort: 'date', limit: 100, facets: [] };

export const deadline = () => AbortSignal.timeout(30_000);

export const idsOf = ({ results }: Pick<Found, 'results'>) => results.map(({ unique_id }) => unique_id);

/** The ways to search an index that is opened before the tests run. */
export function searchesOf(under: () => IndexUnderTest) {
  const find = (query: Partial<SearchQuery>): Promise<Found> =>
    under().index.find({ ...everything, ...query }, deadline());
  return {
    find,
    sortedIds: async (query: Partial<SearchQuery>) => idsOf(await find(query)).sort(),
    byRelevance: async (text: string, more: Partial<SearchQuery> = {}) =>
      await find({ text, sort: 'relevance', embedding: { model: contractModel, vector: await embed(text) }, ...more }),
  };
}

/** All pages of a search, one after the other. */
export async function walk(
  index: SearchIndex,
  query: Partial<SearchQuery>,
  between?: (page: number) => Promise<void>,
): Promise<string[]> {
  const seen: string[] = [];
  let position: Position | undefined;
  for (let page = 0; page < 100; page++) {
    const found = await index.find({ ...everything, ...query, after: position }, deadline());
    seen.push(...idsOf(found));
    if (!found.next) return seen;
    position = found.next;
    await between?.(page);
  }
  throw new Error('the pages do not end');
}
