import type { Queryable } from '../database.ts';

/** A change that the dataset does not have yet. */
export interface JournalRecord {
  uniqueId: string;
  /** Of the article; one more than its last where it was deleted. */
  version: number;
}

/** The changes that wait for the dataset, by unique_id, after that of a record where one is given. */
export async function listJournal(db: Queryable, limit: number, after?: JournalRecord): Promise<JournalRecord[]> {
  const { rows } = await db.query<JournalRecord>(
    `select unique_id as "uniqueId", version from hub_journal where unique_id > $2 order by unique_id limit $1`,
    [limit, after?.uniqueId ?? ''],
  );
  return rows;
}

/**
 * Strikes changes off that the dataset has now, and returns how many. Articles that changed again since, or are being
 * changed now, stay.
 */
export async function deleteFromJournal(db: Queryable, records: readonly JournalRecord[]): Promise<number> {
  const { rowCount } = await db.query(
    `delete from hub_journal where unique_id in (
       select unique_id from hub_journal
       join unnest($1::text[], $2::bigint[]) as synced (unique_id, version) using (unique_id, version)
       -- Writers hold their articles in an order of their own: who waits for none of them never deadlocks.
       for update of hub_journal skip locked)`,
    [records.map(({ uniqueId }) => uniqueId), records.map(({ version }) => version)],
  );
  return rowCount;
}

/** How many changes wait for the dataset, and since when the oldest of them does. */
export interface JournalState {
  open: number;
  oldest_at: Date | null;
}

export async function readJournalState(db: Queryable): Promise<JournalState> {
  const { rows } = await db.query<JournalState>(
    'select count(*) as open, min(changed_at) as oldest_at from hub_journal',
  );
  return rows[0]!;
}
