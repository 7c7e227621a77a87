import {
  type DocumentAnswer,
  type DocumentHit,
  type DocumentSearch,
  maxHits,
} from '../../../shared/typesense-search.ts';
import type { Embedding } from './contract.ts';
import type { Ranked } from './typesense-articles.ts';
import { isOneOf, joined } from './typesense-filter.ts';
import { newestFirst } from './typesense-order.ts';

/** Damps the first places, so that one ranking alone does not decide. @see https://doi.org/10.1145/1571941.1572114 */
const fusionConstant = 60;
/** With fewer candidates than this the server compares all vectors; a filtered walk through its graph could miss some. */
const exactBelow = 3000;
/** Of a text, beside the one that stands for them. */
export const maxCopies = 10;

/**
 * The documents nearest to a vector. As a search of its own, not a hybrid one: its filter keeps vectors of other models out,
 * and documents that have none of this model are found by their words all the same.
 */
export function meaningSearch({ model, vector }: Embedding, conditions: readonly string[]): DocumentSearch {
  return nearestSearch(`[${vector.join(',')}]`, model, conditions);
}

/** The documents nearest to a document, but itself. @param id of word characters and dashes alone. */
export function similarSearch(id: string, model: string, conditions: readonly string[]): DocumentSearch {
  return nearestSearch(`[], id: ${id}`, model, conditions);
}

function nearestSearch(to: string, model: string, conditions: readonly string[]): DocumentSearch {
  return {
    q: '*',
    vector_query: `content_embedding:(${to}, k: ${maxHits}, flat_search_cutoff: ${exactBelow})`,
    ...joined([...conditions, isOneOf('embedding_model', [model])]),
    per_page: maxHits,
  };
}

/** Hits whose vector is of this model: a filter compares names without punctuation. */
export function ofModel({ hits = [] }: DocumentAnswer, model: string): DocumentHit[] {
  return hits.filter(({ document }) => document.embedding_model === model);
}

/** A hit with what decides its place. */
export interface Scored {
  hit: DocumentHit;
  score: number | null;
}

/** Fuses rankings by reciprocal rank; of equals the newest is first. */
export function fuse(rankings: readonly (readonly DocumentHit[])[]): Scored[] {
  const scored = new Map<string, { hit: DocumentHit; score: number }>();
  for (const ranking of rankings) {
    for (const [place, hit] of ranking.entries()) {
      const known = scored.get(hit.document.id) ?? { hit, score: 0 };
      known.score += 1 / (fusionConstant + place + 1);
      scored.set(hit.document.id, known);
    }
  }
  return [...scored.values()].sort((a, b) => b.score - a.score || byDate(a, b));
}

/** Each document of several listings once, the newest first. */
export function merge(listings: readonly (readonly DocumentHit[])[]): Scored[] {
  const hits = new Map(listings.flat().map((hit) => [hit.document.id, hit]));
  return [...hits.values()].map((hit) => ({ hit, score: null })).sort(byDate);
}

function byDate({ hit: { document: a } }: Scored, { hit: { document: b } }: Scored): number {
  return newestFirst(a, b);
}

/** One result for each text, the first of its copies. */
export function fold(scored: readonly Scored[]): Ranked[] {
  const groups = new Map<string, Ranked>();
  for (const { hit, score } of scored) {
    const { id, content_hash: hash } = hit.document;
    const key = hash === undefined ? `id ${id}` : `hash ${hash}`;
    const first = groups.get(key);
    if (!first) groups.set(key, { id, copies: [], score });
    else if (first.copies.length < maxCopies) first.copies.push(id);
  }
  return [...groups.values()];
}
