import type { Collection, Field, StoredDocument } from './typesense-collection.ts';
import { filterDocuments, fold, RefusedError } from './typesense-filter.ts';

/** Parameters of a search, as texts of a query or values of a body. */
export type SearchParameters = Record<string, unknown>;

interface Hit {
  document: StoredDocument;
  /** Query words found, counted over the fields; 0 where every document matches. */
  score: number;
  distance?: number;
}

const mostHits = 250;

/**
 * Searches by words (each of them in one of the fields, accents and case folded, the last one as a prefix), by filter, and
 * by vector; with facets, groups, sorting and pages. There is no typo tolerance, and the score is a count.
 *
 * @throws {RefusedError} for what the real server refuses.
 * @see https://typesense.org/docs/30.1/api/search.html
 */
export function searchCollection(collection: Collection, parameters: SearchParameters): Record<string, unknown> {
  const list = (name: string) =>
    String(parameters[name] ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  if (parameters.q === undefined) throw new RefusedError(400, 'Parameter `q` is required.');
  const q = String(parameters.q);
  const perPage = naturalNumber(parameters, 'per_page', 10);
  if (perPage > mostHits) throw new RefusedError(422, `Only upto ${mostHits} hits can be fetched per page.`);
  const page = Math.max(1, naturalNumber(parameters, 'page', 1));
  if (q !== '*' && list('query_by').length === 0) {
    throw new RefusedError(400, 'No search fields specified for the query.');
  }
  const searched = list('query_by').map((name) => searchedField(collection, name));
  const facets = list('facet_by').map((name) => facetField(collection, name));
  const groupBy = list('group_by').map((name) => groupField(collection, name));

  const hits = findByWords(filterDocuments(collection, parameters.filter_by as string | undefined), q, searched);
  const ranked = parameters.vector_query
    ? rankByVector(hits, collection, String(parameters.vector_query))
    : sortHits(hits, collection, list('sort_by'));
  const described = ranked.map((hit) => describeHit(hit, list('include_fields'), list('exclude_fields')));
  const paged = <T>(all: T[]) => all.slice((page - 1) * perPage, page * perPage);
  const groups = groupBy.length > 0 ? groupHits(ranked, described, groupBy, Number(parameters.group_limit ?? 3)) : null;
  return {
    facet_counts: facets.map((field) => countFacet(ranked, field, Number(parameters.max_facet_values ?? 10))),
    found: groups ? groups.length : ranked.length,
    ...(groups ? { found_docs: ranked.length, grouped_hits: paged(groups) } : { hits: paged(described) }),
    out_of: collection.documents.size,
    page,
    request_params: { collection_name: collection.name, per_page: perPage, q },
    search_cutoff: false,
    search_time_ms: 0,
  };
}

/** Answers `POST /multi_search`; each search fails for itself. */
export function multiSearch(body: SearchParameters, find: (name: string) => Collection | undefined): object {
  const searches = body.searches as SearchParameters[] | undefined;
  if (!Array.isArray(searches)) throw new RefusedError(400, 'Missing `searches` array.');
  if (searches.length > 50) throw new RefusedError(400, 'Number of multi searches exceeds `limit_multi_searches`.');
  const results = searches.map((parameters) => {
    const collection = find(String(parameters.collection));
    if (!collection) return { code: 404, error: 'Not found.' };
    try {
      return searchCollection(collection, parameters);
    } catch (error) {
      if (error instanceof RefusedError) return error.refusal;
      throw error;
    }
  });
  return { results };
}

function naturalNumber(parameters: SearchParameters, name: string, byDefault: number): number {
  const text = String(parameters[name] ?? byDefault);
  if (!/^\d+$/.test(text)) throw new RefusedError(400, `Parameter \`${name}\` must be an unsigned integer.`);
  return Number(text);
}

function searchedField({ fields }: Collection, name: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new RefusedError(404, `Could not find a field named \`${name}\` in the schema.`);
  if (field.type.startsWith('string') && field.index) return field;
  throw new RefusedError(400, `Field \`${name}\` should be a string or a string array.`);
}

function facetField({ fields }: Collection, name: string): Field {
  const field = fields.find((candidate) => candidate.name === name && candidate.facet);
  if (field) return field;
  throw new RefusedError(404, `Could not find a facet field named \`${name}\` in the schema.`);
}

function groupField({ fields }: Collection, name: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new RefusedError(404, `Could not find a field named \`${name}\` in the schema.`);
  if (field.facet) return field;
  throw new RefusedError(400, `Group by field \`${name}\` should be a facet field.`);
}

function findByWords(documents: readonly StoredDocument[], q: string, fields: readonly Field[]): Hit[] {
  if (q === '*') return documents.map((document) => ({ document, score: 0 }));
  const wanted = fold(q).match(/[\p{L}\p{N}]+/gu) ?? [];
  return documents.flatMap((document): Hit[] => {
    const texts = fields.map(
      ({ name }) => fold([document[name] ?? ''].flat().join(' ')).match(/[\p{L}\p{N}]+/gu) ?? [],
    );
    const found = wanted.map(
      (word, position) =>
        texts.filter((words) =>
          words.some((candidate) => (position === wanted.length - 1 ? candidate.startsWith(word) : candidate === word)),
        ).length,
    );
    if (found.some((count) => count === 0)) return [];
    return [{ document, score: found.reduce((sum, count) => sum + count, 0) }];
  });
}

/** By `sort_by`, else by score and the default sorting field; the newest of equals first, as the server has it. */
function sortHits(hits: readonly Hit[], { fields, defaultSortingField }: Collection, sortBy: readonly string[]): Hit[] {
  const byDefault = ['_text_match:desc', ...(defaultSortingField ? [`${defaultSortingField}:desc`] : [])];
  const orders = (sortBy.length > 0 ? sortBy : byDefault).map((order) => {
    const [, name, direction] = /^(\w+):(asc|desc)$/i.exec(order) ?? [];
    if (!name) throw new RefusedError(400, 'Parameter `sort_by` is malformed.');
    if (name !== '_text_match' && !fields.some((field) => field.name === name && field.sort)) {
      throw new RefusedError(404, `Could not find a field named \`${name}\` in the schema for sorting.`);
    }
    const measure = (hit: Hit) =>
      name === '_text_match' ? hit.score : Number(hit.document[name] ?? Number.MIN_SAFE_INTEGER);
    return (a: Hit, b: Hit) => (measure(a) - measure(b)) * (direction!.toLowerCase() === 'asc' ? 1 : -1);
  });
  return hits.toReversed().sort((a, b) => {
    for (const compare of orders) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** Nearest first, by cosine distance; without a vector a document is no hit. */
function rankByVector(hits: readonly Hit[], { documents, fields }: Collection, query: string): Hit[] {
  const [, name, values, rest = ''] = /^\s*(\w+)\s*:\s*\(\s*\[([^\]]*)\]\s*(.*)\)\s*$/s.exec(query) ?? [];
  if (name === undefined) throw new RefusedError(400, 'Malformed vector query string.');
  const field = fields.find((candidate) => candidate.name === name);
  if (!field?.num_dim) throw new RefusedError(400, `Field \`${name}\` does not have a vector query index.`);
  const options = Object.fromEntries(
    [...rest.matchAll(/(\w+)\s*:\s*([^,\s]+)/g)].map(([, key, value]) => [key, value]),
  );
  const source = options.id === undefined ? undefined : documents.get(options.id);
  if (options.id !== undefined && !source) {
    throw new RefusedError(400, `Document id referenced in vector query is not found.`);
  }
  const vector = source
    ? (source[name] as number[])
    : values!
        .split(',')
        .filter((text) => text.trim())
        .map(Number);
  if (vector.length !== field.num_dim) {
    throw new RefusedError(400, `Query field \`${name}\` must have ${field.num_dim} dimensions.`);
  }
  const limit = Number(options.distance_threshold ?? Number.POSITIVE_INFINITY);
  const near = hits
    .filter(({ document }) => document !== source && Array.isArray(document[name]))
    .map((hit) => ({ ...hit, distance: cosineDistance(vector, hit.document[name] as number[]) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return options.k === undefined ? near : near.slice(0, Number(options.k));
}

function cosineDistance(a: readonly number[], b: readonly number[]): number {
  const dot = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, value, position) => sum + value * right[position]!, 0);
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function describeHit({ document, score, distance }: Hit, included: readonly string[], excluded: readonly string[]) {
  const shown = Object.entries(document).filter(
    ([name]) => (included.length === 0 || included.includes(name)) && !excluded.includes(name),
  );
  return {
    document: Object.fromEntries(shown),
    highlight: {},
    highlights: [],
    ...(distance === undefined ? { text_match: score } : { vector_distance: distance }),
  };
}

function groupHits(hits: readonly Hit[], described: readonly object[], fields: readonly Field[], limit: number) {
  const groups = new Map<string, { group_key: unknown[]; hits: object[]; found: number }>();
  for (const [position, { document }] of hits.entries()) {
    const key = fields.map(({ name }) => document[name]).filter((value) => value !== undefined);
    // Documents without a value are groups of their own unless they are asked to be one.
    const name = key.length === 0 ? document.id : JSON.stringify(key);
    const group = groups.get(name) ?? { group_key: key, hits: [], found: 0 };
    group.found++;
    if (group.hits.length < limit) group.hits.push(described[position]!);
    groups.set(name, group);
  }
  return [...groups.values()];
}

function countFacet(hits: readonly Hit[], { name }: Field, limit: number) {
  const counts = new Map<string, number>();
  for (const { document } of hits) {
    for (const value of [document[name] ?? []].flat()) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    counts: sorted.slice(0, limit).map(([value, count]) => ({ count, highlighted: value, value })),
    field_name: name,
    sampled: false,
    stats: { total_values: counts.size },
  };
}
