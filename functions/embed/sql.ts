import type { Queryable } from '../../shared/database.ts';
import { type PendingStages, pending, pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';

export interface ArticleToEmbed extends PendingStages {
  uniqueId: string;
  text: string;
  textHash: string;
}

export async function readArticleToEmbed(
  db: Queryable,
  uniqueId: string,
  targets: StageTargets,
): Promise<ArticleToEmbed | undefined> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToEmbed>(
    `select unique_id as "uniqueId", embedding_text(title, summary, content) as text,
       embedding_text_hash as "textHash", ${pendingColumns(targets, bind)}
     from news where unique_id = ${bind(uniqueId)}`,
    values,
  );
  return rows[0];
}

/**
 * Writes the vector if the text is still the one it was made from and no other instance was faster; returns the
 * version, else undefined.
 */
export async function saveEmbedding(
  tx: Queryable,
  article: { uniqueId: string; textHash: string },
  embedding: Float32Array,
  model: string,
): Promise<number | undefined> {
  const { bind, values } = bindings();
  const { rows } = await tx.query<{ version: number }>(
    `update news set content_embedding = ${bind(`[${embedding.join(',')}]`)}::vector, embedding_generated_at = now(),
       embedded_text_hash = embedding_text_hash, embedding_model = ${bind(model)}
     where unique_id = ${bind(article.uniqueId)} and embedding_text_hash = ${bind(article.textHash)}
       and ${pending('embed', { embeddingModel: model }, bind)}
     returning version`,
    values,
  );
  return rows[0]?.version;
}
