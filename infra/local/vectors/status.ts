import type { Database } from '../../../shared/database.ts';
import { countVectorsByModel } from '../../../shared/sql/embedding-column.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';
import { estimateStorage, type StorageEstimate } from './storage-estimate.ts';
import { listVectorIndexes, readCapability, usualGraph } from './vector-index.ts';

export interface VectorStatus {
  pgvector: string;
  /** Since pgvector 0.8: a filtered search goes on until it has its rows. */
  iterative_scan: boolean;
  dimensions: number;
  /** Articles: each should have a vector. */
  articles: number;
  models: { model: string; vectors: number; coverage: number }[];
  /** What search compares with now; null when nothing has a vector. */
  search_model: string | null;
  /** Every HNSW index on vectors; search uses the first one of the name in `search_index`. */
  indexes: {
    name: string;
    is_valid: boolean;
    type: 'halfvec' | 'vector';
    m: number;
    ef_construction: number;
    bytes: number;
  }[];
  search_index: string;
  storage: { now: StorageEstimate; estimated: StorageEstimate };
  /** What needs a person, as sentences; empty when all is well. */
  problems: string[];
}

export interface StatusOptions {
  /** Name of the model in force, where it is known: search switches to it once it covers enough. */
  modelInForce?: string | undefined;
  /** Share of the vectors that is enough. */
  coverage: number;
  /** As the functions are told. */
  dimensions: number;
  /** Vectors that the estimate is for, in place of one for each article. */
  rows?: number | undefined;
}

/** How vectors and their index stand; changes nothing. */
export async function readVectorStatus(db: Database, options: StatusOptions): Promise<VectorStatus> {
  const capability = await readCapability(db);
  const indexes = await listVectorIndexes(db);
  const { articles, lost } = await countArticles(db);
  const counts = [...(await countVectorsByModel(db))].sort(([, a], [, b]) => b - a);
  const vectors = counts.reduce((sum, [, count]) => sum + count, 0);
  const inForce = counts.find(([model]) => model === options.modelInForce);
  const searchModel = inForce && inForce[1] >= options.coverage * vectors ? inForce : counts[0];
  const index = indexes.find(({ name }) => name === vectorIndexName);
  const shape = {
    dimensions: capability.dimensions,
    isHalf: index?.isHalf ?? capability.hasHalf,
    m: index?.m ?? usualGraph.m,
  };

  const problems: string[] = [];
  if (!index) problems.push(`${vectorIndexName} is missing: a rebuild makes it`);
  else if (!index.isValid)
    problems.push(`${vectorIndexName} is not valid, and no search uses it: a rebuild replaces it`);
  else if (!index.isHalf && capability.hasHalf) {
    problems.push(`${vectorIndexName} holds 32-bit vectors: a rebuild makes it half as large`);
  }
  for (const { name, isValid } of indexes.filter(({ name }) => name !== vectorIndexName)) {
    problems.push(
      `${name} ${isValid ? 'is left over' : 'was left unfinished'}, and slows every write: ${wayOut(name)}`,
    );
  }
  if (lost > 0)
    problems.push(`${lost} articles name a model but have no vector: "vectors resize" was cut off; run it again`);
  if (capability.dimensions !== options.dimensions) {
    problems.push(
      `EMBEDDING_DIMENSIONS is ${options.dimensions}, but vectors are stored with ${capability.dimensions}`,
    );
  }
  return {
    pgvector: capability.pgvector,
    iterative_scan: capability.hasIterativeScan,
    dimensions: capability.dimensions,
    articles,
    models: counts.map(([model, count]) => ({ model, vectors: count, coverage: share(count, articles) })),
    search_model: searchModel?.[0] ?? null,
    indexes: indexes.map(({ name, isValid, isHalf, m, efConstruction, bytes }) => ({
      name,
      is_valid: isValid,
      type: isHalf ? 'halfvec' : 'vector',
      m,
      ef_construction: efConstruction,
      bytes,
    })),
    search_index: vectorIndexName,
    storage: {
      now: estimateStorage(vectors, shape),
      estimated: estimateStorage(options.rows ?? articles, shape),
    },
    problems,
  };
}

function wayOut(name: string): string {
  return name.startsWith(vectorIndexName) ? 'a rebuild takes it away' : 'drop it if nobody needs it';
}

function share(count: number, total: number): number {
  return total === 0 ? 0 : Math.round((count / total) * 10_000) / 10_000;
}

/** `lost`: those that name a model of a vector that is not there. */
async function countArticles(db: Database): Promise<{ articles: number; lost: number }> {
  const { rows } = await db.query<{ articles: number; lost: number }>(
    `select count(*)::int as articles,
       (count(*) filter (where embedding_model is not null and content_embedding is null))::int as lost
     from news`,
  );
  return rows[0]!;
}
