import type { Database, Queryable } from '../../shared/database.ts';

/**
 * The database for answers that nobody waits for long: the server ends any statement of a read or a snapshot after so
 * many milliseconds, which frees the connection.
 */
export function withStatementTimeout(db: Database, timeoutMs: number): Database {
  const snapshot: Database['snapshot'] = (work) =>
    db.snapshot(async (tx) => {
      await tx.query("select set_config('statement_timeout', $1, true)", [String(timeoutMs)]);
      return await work(tx);
    });
  return { ...db, snapshot, query: (text, values) => snapshot((tx) => tx.query(text, values)) };
}

/** Begins no statement once nobody waits. */
export function untilAborted<T extends Queryable>(tx: T, deadline: AbortSignal): T {
  const query: Queryable['query'] = async (text, values) => {
    deadline.throwIfAborted();
    return await tx.query(text, values);
  };
  return { ...tx, query };
}
