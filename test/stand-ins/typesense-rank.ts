import type { Collection, Field, StoredDocument } from './typesense-collection.ts';
import { RefusedError } from './typesense-refused.ts';
import { hasPhrase, isFound, type TextQuery, wordsOf } from './typesense-text.ts';
import type { VectorQuery } from './typesense-vector.ts';

export interface Hit {
  document: StoredDocument;
  /** The weights of the fields that have the words; 0 where every document matches. */
  score: number;
  distance?: number;
}

/** A field that is searched. */
export interface SearchedField {
  field: Field;
  weight: number;
}

/** Documents with all the words; while there are fewer than `enough`, those with all but the last, and so on. */
export function findByWords(
  documents: readonly StoredDocument[],
  query: TextQuery,
  fields: readonly SearchedField[],
  enough: number,
): Hit[] {
  const hits = new Map<string, Hit>();
  for (let kept = query.words.length; ; kept--) {
    for (const hit of findByAll(documents, { ...query, words: query.words.slice(0, kept) }, fields)) {
      if (!hits.has(hit.document.id)) hits.set(hit.document.id, hit);
    }
    if (hits.size >= enough || kept <= 1) break;
  }
  return [...hits.values()];
}

/** Each word in one of the fields. There is no typo tolerance. */
function findByAll(documents: readonly StoredDocument[], query: TextQuery, fields: readonly SearchedField[]): Hit[] {
  return documents.flatMap((document): Hit[] => {
    const texts = fields.map(({ field, weight }) => {
      const values = [document[field.name] ?? []].flat().map(wordsOf);
      return { values, words: values.flat(), weight };
    });
    const isIn = (phrase: readonly string[]) =>
      texts.some(({ values }) => values.some((words) => hasPhrase(words, phrase)));
    if (query.excluded.some(isIn) || !query.phrases.every(isIn)) return [];
    const weights = query.words.map((_, position) => {
      const having = texts.filter(({ words }) => isFound(words, query, position));
      return having.reduce((sum, { weight }) => sum + weight, 0);
    });
    if (weights.includes(0)) return [];
    return [{ document, score: weights.reduce((sum, weight) => sum + weight, 0) }];
  });
}

/** By `sort_by`, else by score and the default sorting field; the newest of equals first, as the server has it. */
export function sortHits(
  hits: readonly Hit[],
  { fields, defaultSortingField }: Collection,
  sortBy: readonly string[],
): Hit[] {
  if (sortBy.length > 3) throw new RefusedError(400, 'Only upto 3 sort fields are allowed.');
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

/** The documents that the words find, in their order, and the nearest of all, by the sum of their reciprocal ranks. */
export function fuseHits(byWords: readonly Hit[], vectors: VectorQuery, filtered: readonly StoredDocument[]): Hit[] {
  const fused = new Map<string, Hit & { fusion: number }>();
  for (const [rank, hit] of byWords.entries()) {
    fused.set(hit.document.id, { ...hit, fusion: (1 - vectors.alpha) / (rank + 1) });
  }
  for (const [rank, { document, distance }] of vectors.nearest(filtered).entries()) {
    const known = fused.get(document.id) ?? { document, score: 0, fusion: 0 };
    fused.set(document.id, { ...known, distance, fusion: known.fusion + vectors.alpha / (rank + 1) });
  }
  return [...fused.values()].sort((a, b) => b.fusion - a.fusion);
}
