import type { Collection, StoredDocument } from './typesense-collection.ts';
import { RefusedError } from './typesense-refused.ts';

/** A `vector_query`, read. */
export interface VectorQuery {
  /** By distance, nearest first, at most `k`; those without a vector are not among them. */
  nearest(documents: readonly StoredDocument[]): { document: StoredDocument; distance: number }[];
  /** Weight of the vectors in a hybrid search. */
  alpha: number;
}

const malformed = (detail = '') => new RefusedError(400, `Malformed vector query string${detail}.`);

/**
 * @throws {RefusedError} for what the real server refuses.
 * @see https://typesense.org/docs/30.1/api/vector-search.html
 */
export function readVectorQuery(
  text: string,
  { documents, fields }: Collection,
  { isHybrid, fetched }: { isHybrid: boolean; fetched: number },
): VectorQuery {
  const [, name, values, rest = ''] = /^\s*([^:([]+?)\s*:\s*\(\s*\[([^\]]*)\]\s*(.*)\)\s*$/s.exec(text) ?? [];
  if (name === undefined) throw malformed();
  const given = values!.split(',').filter((value) => value.trim());
  if (given.some((value) => !Number.isFinite(Number(value)))) {
    throw malformed(': one of the vector values is not a float');
  }
  const options = readOptions(rest);
  const field = fields.find((candidate) => candidate.name === name);
  const source = options.id === undefined ? undefined : documents.get(options.id);
  if (options.id !== undefined) {
    if (given.length > 0) throw malformed(': cannot pass both vector query and `id` parameter');
    if (!source) throw new RefusedError(400, 'Document id referenced in vector query is not found.');
    if (!Array.isArray(source[name])) {
      throw new RefusedError(400, 'Document referenced in vector query does not contain a valid vector field.');
    }
  }
  if (!field?.num_dim) throw new RefusedError(400, `Field \`${name}\` does not have a vector query index.`);
  if (given.length === 0 && !source) {
    throw new RefusedError(400, 'When a vector query value is empty, an `id` parameter must be present.');
  }
  const vector = source ? (source[name] as number[]) : given.map(Number);
  if (vector.length !== field.num_dim) {
    throw new RefusedError(400, `Query field \`${name}\` must have ${field.num_dim} dimensions.`);
  }
  const k = Number(options.k ?? (isHybrid ? Math.max(fetched, 100) : Number.POSITIVE_INFINITY));
  const farthest = Number(options.distance_threshold ?? Number.POSITIVE_INFINITY);
  return {
    alpha: Number(options.alpha ?? 0.3),
    nearest: (candidates) =>
      candidates
        .filter((document) => document !== source && Array.isArray(document[name]))
        .map((document) => ({ document, distance: cosineDistance(vector, document[name] as number[]) }))
        .filter(({ distance }) => distance <= farthest)
        .sort((a, b) => a.distance - b.distance)
        .slice(0, k),
  };
}

function readOptions(text: string): Record<string, string | undefined> {
  const options: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part.trim())) {
    const [key, value, ...more] = pair.split(':').map((part) => part.trim());
    if (!key || !value || more.length > 0) throw malformed();
    options[key] = value;
  }
  for (const name of ['k', 'flat_search_cutoff', 'ef']) {
    if (options[name] !== undefined && !/^\d+$/.test(options[name])) {
      throw malformed(`: \`${name}\` parameter must be an integer`);
    }
  }
  if (options.alpha !== undefined && !(Number(options.alpha) >= 0 && Number(options.alpha) <= 1)) {
    throw malformed(': `alpha` parameter must be a float between 0.0-1.0');
  }
  if (options.distance_threshold !== undefined) {
    const threshold = Number(options.distance_threshold);
    if (!(threshold >= 0 && threshold <= 2)) {
      throw malformed(': `distance_threshold` parameter must be a float between 0.0-2.0');
    }
  }
  return options;
}

function cosineDistance(a: readonly number[], b: readonly number[]): number {
  const dot = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, value, position) => sum + value * right[position]!, 0);
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
