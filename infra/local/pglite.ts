import { PGlite } from '@electric-sql/pglite';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import type { CopyBlocks, Database, Row, Snapshot } from '../../shared/database.ts';
import { errorMessage } from '../../shared/errors.ts';
import { checkFreeSpace, freeBytes } from './free-space.ts';

/** For one statement: the most that one was seen to take is a new segment of the log, 16 MB. */
const statementBytes = 64 * 1024 * 1024;
/** For the checkpoint of a clean end, which may need such a segment too. */
const closeBytes = 32 * 1024 * 1024;

/**
 * Opens Postgres in WebAssembly, with pgvector, on a folder (or in memory, without one): for the demo and first steps.
 * It has one connection; statements, transactions and sessions wait for each other. Guard the folder with `lockFolder`
 * first: two processes on one folder corrupt it.
 *
 * On a disk that is nearly full every statement fails, and works again once there is room: on a full one the server
 * panics, and a statement after that never returns and blocks the process.
 */
export async function openPglite(dataDir?: string, measureFree = freeBytes): Promise<Database> {
  const pglite = await PGlite.create({
    ...(dataDir ? { dataDir } : {}),
    extensions: { vector, unaccent },
    relaxedDurability: false,
  });
  let stopped: Error | undefined;
  const guard = async <T>(text: string, statement: () => Promise<T>): Promise<T> => {
    if (stopped) throw stopped;
    // A transaction that is not rolled back would take in all that follows.
    if (dataDir && !/^\s*rollback\b/i.test(text)) checkFreeSpace(dataDir, statementBytes, measureFree);
    try {
      return await statement();
    } catch (error) {
      if (!isFatal(error)) throw error;
      stopped = new Error(
        `The embedded database${dataDir ? ` in ${dataDir}` : ''} stopped (${errorMessage(error)}): ` +
          'what was committed is kept; make room if its disk is full, and start again',
        { cause: error },
      );
      throw stopped;
    }
  };
  const guarded: Snapshot = {
    query: (text, values) => guard(text, () => (values ? run(pglite, text, values) : runAll(pglite, text))),
    copyOut: (select) => guard(select, () => copyOut(pglite, select)),
  };
  // PGlite knows nothing of sessions: one of ours may hold a transaction or an advisory lock, which others would share.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const within = <T>(begin: string, work: (tx: Snapshot) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      await guarded.query(begin);
      try {
        const result = await work({ ...guarded, query: (text, values = []) => guarded.query(text, values) });
        await guarded.query('commit');
        return result;
      } catch (error) {
        // One that cannot be rolled back has stopped the server: the next statement says so.
        await guarded.query('rollback').catch(() => {});
        throw error;
      }
    });
  return {
    query: (text, values = []) => inTurn(() => guarded.query(text, values)),
    session: (work) => inTurn(() => work(guarded)),
    transaction: (work) => within('begin', work),
    snapshot: (work) => within('begin isolation level repeatable read, read only', work),
    close: () =>
      inTurn(async () => {
        // Without its last checkpoint the database recovers what was committed from its log when it is opened again.
        if (stopped || (dataDir && measureFree(dataDir) < closeBytes)) return;
        await pglite.close();
      }),
  };
}

/** Whether the server ended with this error: Postgres panicked, or its WebAssembly aborted. */
function isFatal(error: unknown): boolean {
  const { severity, name } = error as { severity?: string; name?: string };
  return severity === 'PANIC' || severity === 'FATAL' || name === 'RuntimeError' || name === 'ExitStatus';
}

async function run<R extends object = Row>(client: PGlite, text: string, values: unknown[]) {
  const result = await client.query<R>(text, values);
  return { rows: result.rows, rowCount: result.affectedRows || result.rows.length };
}

async function runAll<R extends object = Row>(client: PGlite, text: string) {
  const last = (await client.exec(text)).at(-1);
  return { rows: (last?.rows ?? []) as R[], rowCount: last?.rows.length ?? 0 };
}

async function copyOut(client: PGlite, select: string): Promise<CopyBlocks> {
  const { blob } = await client.query(`copy (${select}) to '/dev/blob' with (format binary)`);
  return { blocks: [Buffer.from(await blob!.arrayBuffer())], release: () => {} };
}
