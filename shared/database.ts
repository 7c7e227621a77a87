/** A row as the driver returns it: timestamptz is Date, int8 is number, text[] is string[], vector is its text form. */
export type Row = Record<string, unknown>;

/** What a statement needs: one query at a time, parameters always bound. */
export interface Queryable {
  query<R extends object = Row>(text: string, values?: unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

/** Postgres, on Cloud SQL, a URL, or embedded: functions see only this. */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
   * Never call out (HTTP, model, publish) inside: the embedded database has a single connection.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Runs `work` on one connection outside any transaction, for what needs a session: advisory locks, migrations.
   * A text without values may hold several statements.
   */
  session<T>(work: (client: Queryable) => Promise<T>): Promise<T>;
  /** Runs `work` in one read-only repeatable-read transaction: all its reads see the same instant. */
  snapshot<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
