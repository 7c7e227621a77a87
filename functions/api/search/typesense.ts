import type { Typesense } from '../../../shared/typesense.ts';
import {
  type DocumentAnswer,
  type DocumentSearch,
  type DocumentsSearch,
  maxHits,
} from '../../../shared/typesense-search.ts';
import type { Found, Position, SearchIndex, SearchQuery } from './contract.ts';
import { type Ranked, readResults } from './typesense-articles.ts';
import { type Facets, facetsOf } from './typesense-facets.ts';
import { conditionsOf, isOneOf, joined, knownBy, publishedUntil } from './typesense-filter.ts';
import type { CatalogueLabels } from './typesense-labels.ts';
import { isOfPostgres, newestSearch, readNewest } from './typesense-newest.ts';
import {
  fold,
  fuse,
  meaningSearch,
  merge,
  ofModel,
  type Scored,
  similarSearch,
  wordsSearches,
} from './typesense-relevance.ts';

export interface TypesenseIndexDeps {
  labels: () => Promise<CatalogueLabels>;
  now?: () => number;
}

interface Page {
  ranked: Ranked[];
  next: Position | undefined;
  total: Found['total'];
  facets: Found['facets'];
}

/** What all searches of one query keep to. */
interface Scope {
  conditions: readonly string[];
  facets: Facets;
  asOf: number;
}

const nothing: Page = { ranked: [], next: undefined, total: { count: 0, is_exact: true }, facets: {} };
const rankedFields = 'id,published_at,content_hash,embedding_model';

/**
 * Search over the collection that is served. By relevance the best 250 by words and the best 250 by meaning are found, by
 * date all that have the words, whatever they mean. Pages hold still: what came after the first one is left out, and
 * the end of a page is found again where it went.
 */
export function createTypesenseIndex(
  { search }: Pick<Typesense, 'search'>,
  { labels, now = Date.now }: TypesenseIndexDeps,
): SearchIndex {
  return {
    async find(query, deadline) {
      const catalogue = await labels();
      const conditions = conditionsOf(query.filter, catalogue.agencies);
      if (!conditions) return answer(nothing, [], query);
      const scope: Scope = {
        conditions: query.after ? [...conditions, knownBy(query.after.asOf)] : conditions,
        facets: facetsOf(query.facets, catalogue),
        asOf: query.after?.asOf ?? now(),
      };
      const words = wordsSearches(query.text);
      const isListing = query.text === '' || (query.sort === 'date' && words.length === 1);
      const page = isListing
        ? await findNewest(query, words[0], scope, { search, deadline })
        : await findBest(query, words, scope, { search, deadline });
      const deps = { search, agencies: catalogue.agencies, deadline };
      return answer(page, await readResults(page.ranked, words, deps), query);
    },

    async similar(uniqueId, { model, filter, limit }, deadline) {
      // The vector query has no quotes, and `*` would be all documents.
      if (!/^[\w-]+$/.test(uniqueId)) return undefined;
      const [source] = await search(
        [
          {
            q: '*',
            ...joined([isOneOf('id', [uniqueId]), isOneOf('embedding_model', [model])]),
            include_fields: rankedFields,
          },
        ],
        deadline,
      );
      const [article] = ofModel(source!, model);
      if (!article) return undefined;
      const { agencies } = await labels();
      const conditions = conditionsOf(filter, agencies);
      if (!conditions) return [];
      const [near] = await search(
        [{ ...similarSearch(uniqueId, model, conditions), include_fields: rankedFields }],
        deadline,
      );
      const hash = article.document.content_hash;
      const others = ofModel(near!, model).filter(
        ({ document }) => document.id !== uniqueId && (hash === undefined || document.content_hash !== hash),
      );
      const scored = others.map((hit) => ({ hit, score: 1 - (hit.vector_distance ?? 0) }));
      return await readResults(fold(scored).slice(0, limit), [], { search, agencies, deadline });
    },
  };
}

function answer({ next, total, facets }: Page, results: Found['results'], { facets: names }: SearchQuery): Found {
  const empty = Object.fromEntries(names.map((name) => [name, []]));
  return { results, next, total, facets: { ...empty, ...facets } };
}

interface FindDeps {
  search: DocumentsSearch;
  deadline: AbortSignal;
}

async function findNewest(
  { limit, after }: SearchQuery,
  words: DocumentSearch | undefined,
  { conditions, facets, asOf }: Scope,
  { search, deadline }: FindDeps,
): Promise<Page> {
  const listing = {
    ...newestSearch(limit, after),
    ...words,
    ...joined([...conditions, ...(isOfPostgres(after) ? [publishedUntil(after.publishedAt)] : [])]),
  };
  // Of a search that groups, the server counts the groups; of one that goes on from a date, what is left.
  const counting = { q: '*', ...words, ...joined(conditions), per_page: 0, ...facets.request };
  const isCounted = facets.fields.length > 0 || isOfPostgres(after);
  const [groups, counts] = await search(isCounted ? [listing, counting] : [listing], deadline);
  return {
    ...readNewest(groups!, { limit, after, asOf }),
    total: { count: counts?.found ?? groups!.found_docs ?? groups!.found, is_exact: true },
    facets: counts ? facets.read(counts) : {},
  };
}

async function findBest(
  { sort, embedding: meaning, limit, after }: SearchQuery,
  words: readonly DocumentSearch[],
  { conditions, facets, asOf }: Scope,
  { search, deadline }: FindDeps,
): Promise<Page> {
  const embedding = sort === 'relevance' ? meaning : undefined;
  const fields = { include_fields: [rankedFields, ...facets.fields].join(',') };
  const byWords = words.map((one) => ({
    ...one,
    ...joined(conditions),
    sort_by: sort === 'relevance' ? '_text_match:desc,published_at:desc' : 'published_at:desc',
    per_page: maxHits,
    ...fields,
    ...facets.request,
  }));
  const byMeaning = embedding ? [{ ...meaningSearch(embedding, conditions), ...fields }] : [];
  if (byWords.length + byMeaning.length === 0) return nothing;
  const answers = await search([...byWords, ...byMeaning], deadline);

  const inWords = answers.slice(0, byWords.length);
  const nearest = embedding ? ofModel(answers.at(-1)!, embedding.model) : [];
  const listings = inWords.map(({ hits = [] }) => hits);
  const ranking = fuse(listings).map(({ hit }) => hit);
  const scored = sort === 'relevance' ? fuse([ranking, nearest]) : merge(listings);
  const folded = fold(scored);
  const end = folded.findIndex(({ id, copies }) => [id, ...copies].includes(after?.uniqueId ?? ''));
  const start = end >= 0 ? end + 1 : (after?.rank ?? 0);
  const ranked = folded.slice(start, start + limit);
  return {
    ranked,
    next: folded.length > start + limit ? endOf(ranked.at(-1)!, scored, { asOf, rank: start + limit }) : undefined,
    ...countFound(inWords, scored, facets, embedding !== undefined),
  };
}

function endOf({ id }: Ranked, scored: readonly Scored[], position: { asOf: number; rank: number }): Position {
  const publishedAt = scored.find(({ hit }) => hit.document.id === id)?.hit.document.published_at ?? 0;
  return { ...position, publishedAt: publishedAt * 1000, uniqueId: id };
}

/** Of more than the best it is not known which of them others have found too, and only the server can count their values. */
function countFound(
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
