import type { ArticleFilter } from '../../../shared/sql/article-filter.ts';

export const facetNames = ['agency', 'theme', 'tag', 'year'] as const;
export type FacetName = (typeof facetNames)[number];

/** What is looked for, whichever index answers. */
export interface SearchQuery {
  /** As it was typed, see `readTerms`; empty: everything that the filter lets through. */
  text: string;
  /** Meaning of what it wants, as a vector of the model that search uses now. */
  embedding?: Embedding | undefined;
  filter: ArticleFilter;
  /** Left out is what has this content hash. */
  exceptHash?: string | undefined;
  sort: 'relevance' | 'date';
  /** Results of a page. */
  limit: number;
  /** Where the page before this one ended. */
  after?: Position | undefined;
  facets: readonly FacetName[];
}

export interface Embedding {
  model: string;
  vector: Float32Array;
}

/**
 * A place in a listing, as a cursor carries it. Pages show the archive as it was when the first one was asked for: what
 * came later shifts nothing.
 */
export interface Position {
  /** The first page's time, milliseconds since 1970. */
  asOf: number;
  /** Of the last result: how many came before its end, where the order is not one by date alone. */
  rank?: number;
  /** Its time of publication: whole milliseconds since 1970, and the microseconds that it is later, 0 to 999. */
  publishedAt?: number;
  microseconds?: number;
  uniqueId?: string;
  /** Ids of the results before it, the latest first: they tell where it stood when it is gone. */
  before?: string[];
}

/** An article as a list shows it. */
export interface SearchResult {
  unique_id: string;
  title: string;
  url: string;
  agency: string;
  agency_name: string;
  published_at: Date;
  summary: string | null;
  theme: { code: string; label: string } | null;
  image: string | null;
  /** Comparable within one answer only; null where nothing was looked for. */
  score: number | null;
  /** HTML, escaped, with the words that were found in `<mark>`; null where none was found, or nothing looked for. */
  highlight: { title: string | null; snippet: string | null } | null;
  /** Ids of articles with the same text that this one stands for, best first, at most 10. */
  copies: string[];
}

export interface FacetValue {
  /** What the parameter of the same name takes. */
  value: string;
  label: string;
  count: number;
}

/** One page, from whichever index. */
export interface Found {
  results: SearchResult[];
  /** Undefined on the last page. */
  next?: Position | undefined;
  /** Matching articles, copies included; with `is_exact` false there are at least so many. */
  total: { count: number; is_exact: boolean };
  /** The most frequent values, at most 20 a facet, over at most as many matches as `total` counts. */
  facets: Partial<Record<FacetName, FacetValue[]>>;
}

/** An index that is searched. Errors are those of the index away or too slow: the caller degrades. */
export interface SearchIndex {
  find(query: SearchQuery, deadline: AbortSignal): Promise<Found>;
  /**
   * The articles nearest in meaning to an article, itself and its copies left out.
   *
   * @returns undefined where the article has no vector of `model`.
   */
  similar(
    uniqueId: string,
    options: { model: string; filter: ArticleFilter; limit: number },
    deadline: AbortSignal,
  ): Promise<SearchResult[] | undefined>;
}
