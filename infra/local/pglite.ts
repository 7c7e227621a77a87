import { PGlite, type Transaction } from '@electric-sql/pglite';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import type { Database, Queryable, Row } from '../../shared/database.ts';

/**
 * Opens Postgres in WebAssembly, with pgvector, on a folder (or in memory, without one): for the demo and first steps.
 * It has one connection; statements, transactions and sessions wait for each other. Guard the folder with `lockFolder`
 * first: two processes on one folder corrupt it.
 */
export async function openPglite(dataDir?: string): Promise<Database> {
  const pglite = await PGlite.create({
    ...(dataDir ? { dataDir } : {}),
    extensions: { vector, unaccent },
    relaxedDurability: false,
  });
  // PGlite knows nothing of sessions: one of ours may hold a transaction or an advisory lock, which others would share.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const within = <T>(setting: string | undefined, work: (tx: Queryable) => Promise<T>): Promise<T> =>
    inTurn(
      () =>
        pglite.transaction(async (tx) => {
          if (setting) await tx.query(setting);
          return await work({ query: (text, values) => run(tx, text, values) });
        }) as Promise<T>,
    );
  return {
    query: (text, values) => inTurn(() => run(pglite, text, values)),
    session: (work) =>
      inTurn(() => work({ query: (text, values) => (values ? run(pglite, text, values) : runAll(pglite, text)) })),
    transaction: (work) => within(undefined, work),
    snapshot: (work) => within('set transaction isolation level repeatable read, read only', work),
    close: () => inTurn(() => pglite.close()),
  };
}

async function run<R extends object = Row>(client: PGlite | Transaction, text: string, values: unknown[] = []) {
  const result = await client.query<R>(text, values);
  return { rows: result.rows, rowCount: result.affectedRows || result.rows.length };
}

async function runAll<R extends object = Row>(client: PGlite, text: string) {
  const last = (await client.exec(text)).at(-1);
  return { rows: (last?.rows ?? []) as R[], rowCount: last?.rows.length ?? 0 };
}
