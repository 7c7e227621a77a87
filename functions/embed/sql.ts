import type { Queryable } from '../../shared/database.ts';
import { type PendingStages, pending, pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';

export interface ArticleToEmbed extends PendingStages {
  uniqueId: string;
  text: string;
  textHash: string;
}

export async function readArticlesToEmbed(
  db: Queryable,
  uniqueIds: readonly string[],
  targets: StageTargets,
): Promise<ArticleToEmbed[]> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToEmbed>(
    `select unique_id as "uniqueId", embedding_text(title, summary, content) as text,
       embedding_text_hash as "textHash", ${pendingColumns(targets, bind)}
     from news where unique_id = any(${bind(uniqueIds)}::text[])`,
    values,
  );
  return rows;
}

export interface Embedded {
  uniqueId: string;
  /** Of the text that the vector was made from. */
  textHash: string;
  embedding: Float32Array;
}

/**
 * Writes vectors where the text is still the one they were made from and no other instance was faster; returns the
 * versions by unique_id. Rows are locked in the order of their ids, so that two instances never wait for each other.
 */
export async function saveEmbeddings(
  tx: Queryable,
  done: readonly Embedded[],
  model: string,
): Promise<Map<string, number>> {
  const { bind, values } = bindings();
  const { rows } = await tx.query<{ uniqueId: string; version: number }>(
    `with given as (
       select * from unnest(
         ${bind(done.map(({ uniqueId }) => uniqueId))}::text[], ${bind(done.map(({ textHash }) => textHash))}::text[],
         ${bind(done.map(({ embedding }) => `[${embedding.join(',')}]`))}::text[]) as given (id, text_hash, embedding)
     ),
     guarded as (
       select id, embedding from news join given on unique_id = id
       where embedding_text_hash = text_hash and ${pending('embed', { embeddingModel: model }, bind)}
       order by unique_id for no key update of news
     )
     update news set content_embedding = embedding::vector, embedding_generated_at = now(),
       embedded_text_hash = embedding_text_hash, embedding_model = ${bind(model)}
     from guarded where unique_id = id
     returning unique_id as "uniqueId", version`,
    values,
  );
  return new Map(rows.map(({ uniqueId, version }) => [uniqueId, version]));
}
