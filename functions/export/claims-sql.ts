import type { Queryable } from '../../shared/database.ts';
import type { DatasetRef } from './sql.ts';

/** Shards that runs were about to commit and of whose commits nobody knows the end: they may stand in the dataset. */
export interface Claims {
  ids: number[];
  shards: { path: string; sha256: string }[];
}

/** Notes, before a commit, what it brings: a run that dies between commit and ledger leaves no file that seems foreign. */
export async function claimShards(
  db: Queryable,
  { repo, branch }: DatasetRef,
  shards: readonly { path: string; sha256: string }[],
): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into sync_log (operation, status, records_processed, metadata)
     values ('publish_shards', 'started', $1, $2::jsonb) returning id`,
    [shards.length, JSON.stringify({ repo, branch, shards: shards.map(({ path, sha256 }) => ({ path, sha256 })) })],
  );
  return rows[0]!.id;
}

/** What is claimed of a dataset. */
export async function listClaims(tx: Queryable, { repo, branch }: DatasetRef): Promise<Claims> {
  const { rows } = await tx.query<{ id: number; shards: Claims['shards'] }>(
    `select id, metadata->'shards' as shards from sync_log
     where operation = 'publish_shards' and status = 'started' and metadata @> jsonb_build_object('repo', $1::text, 'branch', $2::text)`,
    [repo, branch],
  );
  return { ids: rows.map(({ id }) => id), shards: rows.flatMap(({ shards }) => shards) };
}

/** Ends claims: `succeeded` once the ledger holds what stands, `failed` where nothing was committed. */
export async function settleClaims(
  tx: Queryable,
  ids: readonly number[],
  status: 'succeeded' | 'failed',
): Promise<void> {
  await tx.query(
    `update sync_log set status = $2, completed_at = now(), metadata = metadata - 'shards' where id = any($1::bigint[])`,
    [ids, status],
  );
}
