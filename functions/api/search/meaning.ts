import type { Queryable } from '../../../shared/database.ts';
import type { Bind } from '../../../shared/sql/bindings.ts';
import { type NearestIndex, nearestArticles } from '../../../shared/sql/nearest.ts';
import type { Embedding } from './contract.ts';

/** Best candidates by meaning: more than a page, for copies of one text fold into one result. */
const candidateCount = 200;

/** The articles nearest in meaning, ranked: ids and positions, from 1. */
export function meaningArm(
  embedding: Embedding,
  index: NearestIndex,
  matches: (row: string) => string,
  bind: Bind,
): string {
  return `(
    select unique_id, row_number() over (order by distance, unique_id) as position
    from (${nearestArticles(embedding, { matches, limit: candidateCount, index }, bind)}) as nearest
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
