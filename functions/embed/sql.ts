import type { Queryable } from '../../shared/database.ts';
import { bindings, type PendingStages, pendingColumns, type StageTargets } from '../../shared/pending.ts';

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

/** Writes the vector if the text is still the one it was made from; returns the version, else undefined. */
export async function saveEmbedding(
  tx: Queryable,
  article: { uniqueId: string; textHash: string },
  embedding: Float32Array,
  model: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ version: number }>(
    `update news set content_embedding = $3::vector, embedding_generated_at = now(),
       embedded_text_hash = embedding_text_hash, embedding_model = $4
     where unique_id = $1 and embedding_text_hash = $2
     returning version`,
    [article.uniqueId, article.textHash, `[${embedding.join(',')}]`, model],
  );
  return rows[0]?.version;
}
