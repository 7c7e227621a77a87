import type { Queryable } from '../../shared/database.ts';

/** One attempt to bring what was journaled to the dataset. */
export interface FlushRun {
  startedAt: Date;
  status: 'succeeded' | 'failed';
  flushedCount?: number;
  /** Changes that still wait. */
  failedCount?: number;
  error?: string;
}

/** Records an attempt in `sync_log`. */
export async function recordFlush(db: Queryable, run: FlushRun): Promise<void> {
  await db.query(
    `insert into sync_log (operation, status, records_processed, records_failed, started_at, completed_at, error_message)
     values ('flush_journal', $1, $2, $3, $4, now(), $5)`,
    [run.status, run.flushedCount ?? 0, run.failedCount ?? 0, run.startedAt, run.error ?? null],
  );
}
