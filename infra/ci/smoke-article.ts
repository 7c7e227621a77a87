import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../shared/database.ts';
import { contentHash, legacyId, uniqueId } from '../../shared/identity.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { storeArticles } from '../../shared/sql/store-articles.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { identityDate } from '../../shared/time.ts';

export interface SmokeResult {
  uniqueId: string;
  /** Until it was searchable. */
  seconds: number;
}

/**
 * Stores an article of our own, announces it as `scrape` does, waits until it is searchable, removes it, waits until it is
 * gone from the index, and deletes it. Readers see it for some seconds.
 *
 * @throws {Error} when it does not come through in time; it is then left as removed.
 */
export async function sendArticle(
  deps: OutboxDeps,
  options: { timeoutMs: number; pollMs: number },
): Promise<SmokeResult> {
  const startedAt = performance.now();
  const id = await store(deps);
  try {
    await untilSynced(deps.db, id, options);
  } finally {
    await remove(deps, id);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  await untilSynced(deps.db, id, options);
  await deps.db.query('delete from news where unique_id = $1', [id]);
  return { uniqueId: id, seconds };
}

async function store(deps: OutboxDeps): Promise<string> {
  const now = new Date();
  const { rows } = await deps.db.query<{ key: string }>('select key from agencies order by key limit 1');
  const key = rows[0]?.key;
  if (!key) throw new Error('The catalogue has no agency: import it before the first release');
  const title = `Teste de implantação ${now.toISOString()}`;
  const content = 'Esta notícia é um teste automático da implantação. Ela é retirada em seguida.';
  const url = `https://www.gov.br/_teste-de-implantacao/${now.getTime()}`;
  const legacy = legacyId(key, identityDate(now), title);
  return await commitAndPublish(deps, async (tx) => {
    const [stored] = await storeArticles(tx, [
      {
        unique_id: uniqueId(title, legacy),
        legacy_unique_id: legacy,
        agency_key: key,
        url,
        canonical_url: url,
        title,
        subtitle: null,
        editorial_lead: null,
        content,
        image_url: null,
        video_url: null,
        category: null,
        tags: [],
        published_at: now,
        published_at_source: 'first-seen',
        updated_datetime: null,
        extracted_at: now,
        content_hash: contentHash(title, content),
      },
    ]);
    if (stored?.status !== 'inserted') throw new Error(`The article of the test was not inserted: ${stored?.status}`);
    return { result: stored.unique_id!, messages: [message(stored.unique_id!, stored.version!)] };
  });
}

async function remove(deps: OutboxDeps, id: string): Promise<void> {
  await commitAndPublish(deps, async (tx) => {
    const { rows } = await tx.query<{ version: number }>(
      `update news set removed_at = now(), removed_by = 'operator' where unique_id = $1 returning version`,
      [id],
    );
    return { result: undefined, messages: rows.map(({ version }) => message(id, version)) };
  });
}

function message(id: string, version: number) {
  return { topic: 'scraped' as const, data: { unique_id: id, version }, attributes: contextFrom().attributes };
}

async function untilSynced(db: Database, id: string, { timeoutMs, pollMs }: { timeoutMs: number; pollMs: number }) {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await db.query<{ synced: boolean; stage: string }>(
      `select synced_version >= version as synced,
         case when enriched_revision < revision then 'enrich'
              when embedded_text_hash is distinct from embedding_text_hash then 'embed' else 'sync' end as stage
       from news where unique_id = $1`,
      [id],
    );
    if (rows[0]?.synced) return;
    if (performance.now() >= until) {
      throw new Error(`Article ${id} waits for ${rows[0]?.stage} after ${Math.round(timeoutMs / 1000)} s`);
    }
    await delay(pollMs);
  }
}
