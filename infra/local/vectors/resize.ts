import type { Database, Queryable } from '../../../shared/database.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';
import { estimateStorage, type StorageEstimate } from './storage-estimate.ts';
import { createIndexStatement, listVectorIndexes, readCapability, usualGraph } from './vector-index.ts';

/** What another length of vectors costs. */
export interface ResizePlan {
  from: number;
  to: number;
  /** Vectors that are dropped, and must be computed anew. */
  vectors: number;
  /** Of articles that are to be embedded at `rate` a second. */
  articles: number;
  rate: number;
  hours: number;
  storage: { now: StorageEstimate; needed: StorageEstimate };
  /** Vectors have that length, and no earlier resize to it was cut off: there is nothing to do. */
  is_done: boolean;
}

/** Says what it would cost; changes nothing. @throws {Error} when no index can hold vectors of that length. */
export async function planResize(
  db: Database,
  { dimensions, rate }: { dimensions: number; rate: number },
): Promise<ResizePlan> {
  const capability = await readCapability(db);
  const most = capability.hasHalf ? 4000 : 2000;
  if (dimensions > most) {
    throw new Error(`pgvector ${capability.pgvector} has an index for at most ${most} dimensions, not ${dimensions}`);
  }
  const { rows } = await db.query<{ articles: number; vectors: number; marked: number }>(
    `select count(*)::int as articles, count(content_embedding)::int as vectors, count(embedding_model)::int as marked
     from news`,
  );
  const { articles, vectors, marked } = rows[0]!;
  const index = (await listVectorIndexes(db)).find(({ name }) => name === vectorIndexName);
  const { m } = index ?? usualGraph;
  const isHalf = capability.hasHalf;
  return {
    from: capability.dimensions,
    to: dimensions,
    vectors,
    articles,
    rate,
    hours: Math.round((articles / rate / 3600) * 10) / 10,
    storage: {
      now: estimateStorage(vectors, { dimensions: capability.dimensions, isHalf: index?.isHalf ?? isHalf, m }),
      needed: estimateStorage(articles, { dimensions, isHalf, m }),
    },
    is_done: capability.dimensions === dimensions && marked === vectors,
  };
}

const clearedAtOnce = 2000;

/**
 * Makes room for vectors of another length, dropping those that stand. Column, index and trigger change in one
 * transaction, for which readers wait a second or two. What a row says of its vector is cleared in batches after it,
 * without a new version: views keep what they show until the new vector comes. Cut off there, it goes on when it is
 * called again.
 *
 * @param db without a statement timeout.
 * @returns how many rows were cleared.
 */
export async function resizeVectors(
  db: Database,
  { dimensions, onProgress }: { dimensions: number; onProgress?: (cleared: number) => void },
): Promise<number> {
  const capability = await readCapability(db);
  if (capability.dimensions !== dimensions) {
    await db.transaction((tx) => replaceColumn(tx, { ...capability, dimensions }));
  }
  let cleared = 0;
  let after = '';
  for (;;) {
    const ids = await clearMarks(db, after);
    if (ids.length === 0) return cleared;
    cleared += ids.length;
    after = ids.at(-1)!;
    onProgress?.(cleared);
  }
}

/** Rights are those of the table, and stay. */
async function replaceColumn(tx: Queryable, capability: { hasHalf: boolean; dimensions: number }): Promise<void> {
  // Readers would wait behind a lock that waits for a long transaction.
  await tx.query(`set local lock_timeout = '10s'`);
  await tx.query('lock table news in access exclusive mode');
  const { rows: triggers } = await tx.query<{ name: string; definition: string }>(
    `select distinct tgname as name, pg_get_triggerdef(pg_trigger.oid) as definition
     from pg_trigger join pg_depend on classid = 'pg_trigger'::regclass and objid = pg_trigger.oid
       join pg_attribute on attrelid = refobjid and attnum = refobjsubid
     where refclassid = 'pg_class'::regclass and refobjid = 'news'::regclass and attname = 'content_embedding'`,
  );
  for (const { name } of triggers) await tx.query(`drop trigger ${name} on news`);
  await tx.query('alter table news drop column content_embedding');
  await tx.query(`alter table news add column content_embedding vector(${capability.dimensions})`);
  for (const { definition } of triggers) await tx.query(definition);
  await tx.query(createIndexStatement(vectorIndexName, capability, usualGraph, false));
}

/** Takes back what rows say of a vector that is gone, on those that come next; returns their ids in their order. */
async function clearMarks(db: Database, after: string): Promise<string[]> {
  const { rows } = await db.query<{ unique_id: string }>(
    `with stale as (
       select unique_id from news
       where unique_id > $1 and embedding_model is not null and content_embedding is null
       order by unique_id limit $2 for no key update
     )
     update news set embedding_generated_at = null, embedded_text_hash = null, embedding_model = null
     from stale where news.unique_id = stale.unique_id
     returning news.unique_id`,
    [after, clearedAtOnce],
  );
  return rows.map(({ unique_id: uniqueId }) => uniqueId).sort();
}
