import { RetryableError } from './errors.ts';
import { type TypesenseRequest, toDeliveryError } from './typesense-request.ts';
import type { NewsDocument } from './typesense-schema.ts';

/**
 * One search. Only what is named is searched, shown and counted.
 *
 * @see https://typesense.org/docs/30.1/api/search.html#search-parameters
 */
export interface DocumentSearch {
  /** Words, with `"phrases"` and `-exclusions`; `*` is everything. */
  q: string;
  query_by?: string;
  query_by_weights?: string;
  filter_by?: string;
  vector_query?: string;
  sort_by?: string;
  group_by?: string;
  group_limit?: number;
  group_missing_values?: boolean;
  facet_by?: string;
  max_facet_values?: number;
  facet_strategy?: 'exhaustive' | 'top_values' | 'automatic';
  /** At most 250. */
  per_page?: number;
  offset?: number;
  include_fields?: string;
  highlight_fields?: string;
  highlight_full_fields?: string;
  highlight_start_tag?: string;
  highlight_end_tag?: string;
  highlight_affix_num_tokens?: number;
  enable_highlight_v1?: boolean;
  drop_tokens_threshold?: number;
}

/** A document that was found: of it what `include_fields` names. */
export interface DocumentHit {
  document: Partial<NewsDocument> & { id: string };
  highlight?: Record<string, { snippet?: string; value?: string } | undefined>;
  text_match?: number;
  vector_distance?: number;
}

export interface DocumentAnswer {
  /** Documents, or groups of them. */
  found: number;
  /** Documents, where they are grouped. */
  found_docs?: number;
  hits?: DocumentHit[];
  grouped_hits?: { hits: DocumentHit[] }[];
  facet_counts?: { field_name: string; counts: { value: string; count: number }[] }[];
}

/** Searches the documents of a collection, several at once in one request: texts and vectors of any length. */
export type DocumentsSearch = (
  searches: readonly DocumentSearch[],
  deadline?: AbortSignal,
) => Promise<DocumentAnswer[]>;

/** Most hits that the server gives at once. */
export const maxHits = 250;

/**
 * Searches of a collection, or of the one behind an alias. The first that fails fails all.
 *
 * @see https://typesense.org/docs/30.1/api/federated-multi-search.html
 */
export function createDocumentsSearch(collection: string, request: TypesenseRequest): DocumentsSearch {
  return async (searches, deadline) => {
    const body = { searches: searches.map((search) => ({ collection, ...search })) };
    const answer = await request<{ results?: (DocumentAnswer & { error?: string; code?: number })[] }>(
      'post',
      '/multi_search',
      { body, deadline },
    );
    const results = answer?.results ?? [];
    if (results.length !== searches.length) {
      throw new RetryableError(`Typesense answered ${searches.length} searches with ${results.length} results`);
    }
    for (const { error, code, found } of results) {
      if (found === undefined) throw toDeliveryError(`Typesense refuses a search: ${error} (code ${code})`, code);
    }
    return results;
  };
}
