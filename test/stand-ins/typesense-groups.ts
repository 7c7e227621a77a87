import type { Field, StoredDocument } from './typesense-collection.ts';

/** Documents with equal values, in the order of their first; those without a value together, or each alone. */
export function groupHits<T extends { document: StoredDocument }>(
  hits: readonly T[],
  fields: readonly Field[],
  areMissingTogether: boolean,
): { key: unknown[]; hits: T[] }[] {
  const groups = new Map<string, { key: unknown[]; hits: T[] }>();
  for (const hit of hits) {
    const key = fields.map(({ name }) => hit.document[name]).filter((value) => value !== undefined);
    const name = key.length === 0 && !areMissingTogether ? `id ${hit.document.id}` : JSON.stringify(key);
    const group = groups.get(name) ?? { key, hits: [] };
    group.hits.push(hit);
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** How many of the units have a value; a unit is a document, or the documents of a group. */
export function countFacet(units: readonly (readonly StoredDocument[])[], { name }: Field, limit: number) {
  const counts = new Map<string, number>();
  for (const documents of units) {
    const values = new Set(documents.flatMap((document) => [document[name] ?? []].flat().map(String)));
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    counts: sorted.slice(0, limit).map(([value, count]) => ({ count, highlighted: value, value })),
    field_name: name,
    sampled: false,
    stats: { total_values: counts.size },
  };
}
