import type { Typesense } from '../../../shared/typesense.ts';
import { type DocumentHit, type DocumentSearch, maxHits } from '../../../shared/typesense-search.ts';
import type { Found, Position, SearchIndex, SearchQuery } from './contract.ts';
import { findNewestOfAny } from './typesense-alternatives.ts';
import { type Ranked, readResults } from './typesense-articles.ts';
import { facetsOf } from './typesense-facets.ts';
import { conditionsOf, isOneOf, joined, knownBy } from './typesense-filter.ts';
import type { CatalogueLabels } from './typesense-labels.ts';
import { findNewest } from './typesense-newest.ts';
import { countFound, emptyPage, type FindDeps, type Page, rankedFields, type Scope } from './typesense-page.ts';
import { fold, fuse, meaningSearch, ofModel, type Scored, similarSearch } from './typesense-relevance.ts';
import { type Alternative, exclusionsOf, readAlternatives } from './typesense-words.ts';

export interface TypesenseIndexDeps {
  labels: () => Promise<CatalogueLabels>;
  now?: () => number;
}

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
      const alternatives = readAlternatives(query.text);
      if (!conditions || !alternatives) return answer(emptyPage, [], query);
      const scope: Scope = {
        conditions: query.after ? [...conditions, knownBy(query.after.asOf)] : conditions,
        facets: facetsOf(query.facets, catalogue),
        asOf: query.after?.asOf ?? now(),
      };
      const words = alternatives.map((alternative) => alternative.search);
      const page = await findPage(query, alternatives, scope, { search, deadline });
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

async function findPage(
  query: SearchQuery,
  alternatives: readonly Alternative[],
  scope: Scope,
  deps: FindDeps,
): Promise<Page> {
  const words = alternatives.map(({ search }) => search);
  if (query.text === '') return await findNewest(query, undefined, scope, deps);
  if (query.sort === 'relevance') return await findBest(query, alternatives, scope, deps);
  if (words.length === 0) return emptyPage;
  if (words.length === 1) return await findNewest(query, words[0], scope, deps);
  return await findNewestOfAny(query, words, scope, deps);
}

async function findBest(
  { embedding, limit, after, exceptHash }: SearchQuery,
  alternatives: readonly Alternative[],
  { conditions, facets, asOf }: Scope,
  { search, deadline }: FindDeps,
): Promise<Page> {
  const fields = { include_fields: [rankedFields, ...facets.fields].join(',') };
  const byWords = alternatives.map(({ search: one }) => ({
    ...one,
    ...joined(conditions),
    sort_by: '_text_match:desc,published_at:desc',
    per_page: maxHits,
    ...fields,
    ...facets.request,
  }));
  const byMeaning = embedding ? [{ ...meaningSearch(embedding, conditions), ...fields }] : [];
  if (byWords.length + byMeaning.length === 0) return emptyPage;
  const answers = await search([...byWords, ...byMeaning], deadline);

  const inWords = answers.slice(0, byWords.length);
  const nearest = embedding ? ofModel(answers.at(-1)!, embedding.model) : [];
  const ranking = fuse(inWords.map(({ hits = [] }) => hits)).map(({ hit }) => hit);
  const near = await leaveOut(nearest, exclusionsOf(alternatives), { search, deadline });
  const isOtherText = ({ document }: DocumentHit) => exceptHash === undefined || document.content_hash !== exceptHash;
  const scored = fuse([ranking.filter(isOtherText), near.filter(isOtherText)]);
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

/** Those that one of the searches finds too. */
async function leaveOut(
  hits: readonly DocumentHit[],
  exclusions: readonly DocumentSearch[] | undefined,
  { search, deadline }: FindDeps,
): Promise<readonly DocumentHit[]> {
  if (!exclusions || hits.length === 0) return hits;
  const among = isOneOf(
    'id',
    hits.map(({ document }) => document.id),
  );
  const answers = await search(
    exclusions.map((one) => ({ ...one, filter_by: among, per_page: hits.length, include_fields: 'id' })),
    deadline,
  );
  const left = new Set(answers.flatMap(({ hits: found = [] }) => found.map(({ document }) => document.id)));
  return hits.filter(({ document }) => left.has(document.id));
}

function endOf({ id }: Ranked, scored: readonly Scored[], position: { asOf: number; rank: number }): Position {
  const publishedAt = scored.find(({ hit }) => hit.document.id === id)?.hit.document.published_at ?? 0;
  return { ...position, publishedAt: publishedAt * 1000, uniqueId: id };
}
