import type { DocumentAnswer, DocumentsSearch } from '../../../shared/typesense-search.ts';
import type { Found, Position } from './contract.ts';
import type { Ranked } from './typesense-articles.ts';
import type { Facets } from './typesense-facets.ts';
import type { Scored } from './typesense-relevance.ts';

/** A page before its articles are read. */
export interface Page {
  ranked: Ranked[];
  next: Position | undefined;
  total: Found['total'];
  facets: Found['facets'];
}

/** What all searches of one query keep to. */
export interface Scope {
  conditions: readonly string[];
  facets: Facets;
  asOf: number;
}

export interface FindDeps {
  search: DocumentsSearch;
  deadline: AbortSignal;
}

export const emptyPage: Page = { ranked: [], next: undefined, total: { count: 0, is_exact: true }, facets: {} };

/** What is ranked by. */
export const rankedFields = 'id,published_at,content_hash,embedding_model';

/** Of more than the best it is not known which of them others have found too, and only the server can count their values. */
export function countFound(
  inWords: readonly DocumentAnswer[],
  scored: readonly Scored[],
  facets: Facets,
  hasMeaning: boolean,
): Pick<Page, 'total' | 'facets'> {
  const areAllKnown = inWords.every(({ found, hits = [] }) => found === hits.length);
  const isExact = areAllKnown || (inWords.length === 1 && !hasMeaning);
  return {
    total: { count: Math.max(scored.length, ...inWords.map(({ found }) => found)), is_exact: isExact },
    facets: areAllKnown || inWords.length > 1 ? facets.count(scored.map(({ hit }) => hit)) : facets.read(inWords[0]!),
  };
}
