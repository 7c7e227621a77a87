import type { Database } from '../../../shared/database.ts';
import { seedArticle } from '../../support/articles.ts';

/** Articles under the names `ids`, finished in all stages at version 1, published a day apart from 2026-11-01 on. */
export async function seedFinished(db: Database, ids: readonly string[], index = 'postgres'): Promise<void> {
  for (const [position, id] of ids.entries()) {
    const { unique_id } = await seedArticle(db, {
      title: id,
      canonicalUrl: `https://www.gov.br/${id}`,
      publishedAt: new Date(Date.UTC(2026, 10, 1 + position, 12)),
      extractedAt: new Date('2026-11-01T00:00:00Z'),
    });
    await db.query('update news set unique_id = $2 where unique_id = $1', [unique_id, id]);
  }
  await db.query(
    `update news set enriched_revision = revision, enriched_rank = 1, embedded_text_hash = embedding_text_hash,
       embedding_model = 'm', synced_version = version, synced_index = $2 where unique_id = any($1)`,
    [ids, index],
  );
}
