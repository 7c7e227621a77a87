import type { Found, Position, SearchIndex, SearchQuery } from '../../../../functions/api/search/contract.ts';
import type { ContractArticle } from './contract-articles.ts';

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
