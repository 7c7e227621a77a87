import type { Collection, Field } from './typesense-collection.ts';
import { filterDocuments } from './typesense-filter.ts';
import { countFacet, groupHits } from './typesense-groups.ts';
import { type Highlighting, highlightDocument } from './typesense-highlight.ts';
import { findByWords, fuseHits, type Hit, sortHits } from './typesense-rank.ts';
import { RefusedError } from './typesense-refused.ts';
import { parseQuery } from './typesense-text.ts';
import { readVectorQuery } from './typesense-vector.ts';

/** Parameters of a search, as texts of a query or values of a body. */
export type SearchParameters = Record<string, unknown>;

const mostHits = 250;
const mostInGroup = 99;

/**
 * Searches by words, filter and vector, or by words and a vector together; with facets, groups, highlights, sorting and
 * pages. There is no typo tolerance, and the score is a sum of weights.
 *
 * @throws {RefusedError} for what the real server refuses.
 * @see https://typesense.org/docs/30.1/api/search.html
 */
export function searchCollection(collection: Collection, parameters: SearchParameters): Record<string, unknown> {
  const text = (name: string, byDefault = '') => String(parameters[name] ?? byDefault);
  const list = (name: string) =>
    text(name)
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  if (parameters.q === undefined) throw new RefusedError(400, 'Parameter `q` is required.');
  const q = text('q');
  const perPage = naturalNumber(parameters, 'per_page', 10);
  const page = naturalNumber(parameters, 'page', 0);
  const offset = page === 0 ? naturalNumber(parameters, 'offset', 0) : perPage * (page - 1);
  if (q !== '*' && list('query_by').length === 0) {
    throw new RefusedError(400, 'No search fields specified for the query.');
  }
  const weights = list('query_by_weights');
  if (weights.length > 0 && weights.length !== list('query_by').length) {
    throw new RefusedError(400, 'Number of weights in `query_by_weights` does not match number of `query_by` fields.');
  }
  const groupLimit = naturalNumber(parameters, 'group_limit', 3);
  if (list('group_by').length > 0 && (groupLimit === 0 || groupLimit > mostInGroup)) {
    throw new RefusedError(400, `Value of \`group_limit\` must be between 1 and ${mostInGroup}.`);
  }
  const searched = list('query_by').map((name, position, { length }) => ({
    field: searchedField(collection, name),
    weight: Number(weights[position] ?? length - position),
  }));
  const groupBy = list('group_by').map((name) => groupField(collection, name));
  const filtered = filterDocuments(collection, parameters.filter_by as string | undefined);
  const facets = list('facet_by').map((name) => facetField(collection, name));
  checkFacetStrategy(text('facet_strategy', 'automatic'));
  if (perPage > mostHits) throw new RefusedError(422, `Only upto ${mostHits} hits can be fetched per page.`);

  const query = parseQuery(q);
  const byWords = sortHits(
    findByWords(filtered, query, searched, naturalNumber(parameters, 'drop_tokens_threshold', 1)),
    collection,
    list('sort_by'),
  );
  const vectors = parameters.vector_query
    ? readVectorQuery(text('vector_query'), collection, { isHybrid: q !== '*', fetched: offset + perPage })
    : undefined;
  const byDistance = (): Hit[] => vectors!.nearest(filtered).map((hit) => ({ ...hit, score: 0 }));
  const ranked = !vectors ? byWords : q === '*' ? byDistance() : fuseHits(byWords, vectors, filtered);

  const highlighting = readHighlighting(list, text, list('query_by'));
  const described = ranked.map((hit) => ({
    document: hit.document,
    described: {
      ...describeHit(hit, list('include_fields'), list('exclude_fields')),
      highlight: query.isAll ? {} : highlightDocument(hit.document, query, highlighting),
      ...(text('enable_highlight_v1', 'true') === 'true' && { highlights: [] }),
    },
  }));
  const areMissingTogether = text('group_missing_values', 'true') === 'true';
  const groups = groupBy.length > 0 ? groupHits(described, groupBy, areMissingTogether) : null;
  // Of a search that groups, the server counts the groups that have a value.
  const units = (groups ?? described.map((hit) => ({ hits: [hit] }))).map(({ hits }) =>
    hits.map(({ document }) => document),
  );
  const paged = <T>(all: readonly T[]) => all.slice(offset, offset + perPage);
  return {
    facet_counts: facets.map((field) => countFacet(units, field, naturalNumber(parameters, 'max_facet_values', 10))),
    found: groups ? groups.length : ranked.length,
    ...(groups
      ? {
          found_docs: ranked.length,
          grouped_hits: paged(groups).map(({ key, hits }) => ({
            group_key: key,
            hits: hits.slice(0, groupLimit).map((hit) => hit.described),
            found: hits.length,
          })),
        }
      : { hits: paged(described.map((hit) => hit.described)) }),
    out_of: collection.documents.size,
    page: Math.max(1, page),
    request_params: { collection_name: collection.name, per_page: perPage, q },
    search_cutoff: false,
    search_time_ms: 0,
  };
}

/** Answers `POST /multi_search`; each search fails for itself. */
export function multiSearch(body: SearchParameters, find: (name: string) => Collection | undefined): object {
  const searches = body.searches as SearchParameters[] | undefined;
  if (!Array.isArray(searches)) throw new RefusedError(400, 'Missing `searches` array.');
  if (searches.length > 50) {
    throw new RefusedError(400, 'Number of multi searches exceeds `limit_multi_searches` parameter.');
  }
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
  if (name === 'id') throw new RefusedError(400, 'Cannot use `id` as a group by field.');
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new RefusedError(404, `Could not find a field named \`${name}\` in the schema.`);
  if (field.facet) return field;
  throw new RefusedError(400, `Group by field \`${name}\` should be a facet field.`);
}

function checkFacetStrategy(strategy: string): void {
  if (['exhaustive', 'top_values', 'automatic'].includes(strategy)) return;
  throw new RefusedError(400, `Invalid facet index type: ${strategy}`);
}

function readHighlighting(
  list: (name: string) => string[],
  text: (name: string, byDefault: string) => string,
  searched: readonly string[],
): Highlighting {
  const [asked, included, excluded] = [list('highlight_fields'), list('include_fields'), list('exclude_fields')];
  const isShown = (name: string) => (included.length === 0 || included.includes(name)) && !excluded.includes(name);
  return {
    fields: asked.length > 0 ? asked : searched.filter(isShown),
    fullFields: list('highlight_full_fields'),
    startTag: text('highlight_start_tag', '<mark>'),
    endTag: text('highlight_end_tag', '</mark>'),
    affixTokens: Number(text('highlight_affix_num_tokens', '4')),
    snippetThreshold: Number(text('snippet_threshold', '30')),
  };
}

function describeHit({ document, score, distance }: Hit, included: readonly string[], excluded: readonly string[]) {
  const shown = Object.entries(document).filter(
    ([name]) => (included.length === 0 || included.includes(name)) && !excluded.includes(name),
  );
  return {
    document: Object.fromEntries(shown),
    ...(distance === undefined ? { text_match: score } : { vector_distance: distance }),
  };
}
