import type { Queryable } from '../../../shared/database.ts';
import type { Bind } from '../../../shared/sql/bindings.ts';
import type { Embedding } from './contract.ts';

/** Best candidates by meaning: more than a page, for copies of one text fold into one result. */
const candidateCount = 200;

/** Sets up the vector index for this transaction. */
export async function prepareMeaning(tx: Queryable): Promise<void> {
  // Without the iterative scan a filter would only see the rows that the index gives first, and leave few of them.
  await tx.query(
    `select set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', $1, true)`,
    [String(candidateCount)],
  );
}

/** The articles nearest in meaning, ranked: ids and positions, from 1. */
export function meaningArm(embedding: Embedding, matches: (row: string) => string, bind: Bind): string {
  const distance = `content_embedding <=> ${bind(`[${embedding.vector.join(',')}]`)}::vector`;
  // An iterative scan gives its rows nearly in order: "+ 0" keeps the planner from taking them for sorted.
  return `(
    select unique_id, row_number() over (order by distance + 0, unique_id) as position
    from (
      select unique_id, ${distance} as distance from news
      where embedding_model = ${bind(embedding.model)} and content_embedding is not null and ${matches('news')}
      order by ${distance}
      limit ${candidateCount}
    ) as nearest
  )`;
}

/** The vector of an article, undefined while it has none of the model. */
export async function readEmbedding(tx: Queryable, uniqueId: string, model: string): Promise<Embedding | undefined> {
  const { rows } = await tx.query<{ vector: string }>(
    `select content_embedding::text as vector from news
     where unique_id = $1 and embedding_model = $2 and content_embedding is not null`,
    [uniqueId, model],
  );
  return rows[0] && { model, vector: Float32Array.from(JSON.parse(rows[0].vector) as number[]) };
}
