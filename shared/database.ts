/** A row as the driver returns it: timestamptz is Date, int8 is number, text[] is string[], vector is its text form. */
export type Row = Record<string, unknown>;

/** What a statement needs: one query at a time, parameters always bound. */
export interface Queryable {
  query<R extends object = Row>(text: string, values?: unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

/** The answer of a COPY, in blocks of whole rows. */
export interface CopyBlocks {
  blocks: Buffer[];
  /** Gives the memory back, once, when nothing refers to it any more: the blocks are overwritten. */
  release(): void;
}

/** One instant of the database: all reads see the same. */
export interface Snapshot extends Queryable {
  /**
   * The rows of a select in the binary format of COPY, for `readCopy`: texts stay UTF-8 bytes, which saves
   * most of the time and memory of a large answer. All rows are held at once: bound them.
   *
   * @param select has no parameters, which COPY cannot bind: set_config and current_setting carry values.
   */
  copyOut(select: string): Promise<CopyBlocks>;
}

/** How long its statements may take. */
export interface Patience {
  /** As long as they do: for changes of the schema or of many rows, which no request waits for. */
  isUnlimited?: boolean;
}

/** Postgres, on Cloud SQL, a URL, or embedded: functions see only this. */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
   * Never call out (HTTP, model, publish) inside: the embedded database has a single connection.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, patience?: Patience): Promise<T>;
  /**
   * Runs `work` on one connection outside any transaction, for what needs a session: advisory locks, migrations.
   * A text without values may hold several statements.
   */
  session<T>(work: (client: Queryable) => Promise<T>, patience?: Patience): Promise<T>;
  /** Runs `work` in one read-only repeatable-read transaction: all its reads see the same instant. */
  snapshot<T>(work: (tx: Snapshot) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
