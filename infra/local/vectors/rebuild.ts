import type { Database, Queryable } from '../../../shared/database.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';
import {
  createIndexStatement,
  formerIndexName,
  type GraphOptions,
  listVectorIndexes,
  nextIndexName,
  readCapability,
  type VectorIndex,
} from './vector-index.ts';

export interface RebuildOptions extends GraphOptions {
  /** Of the session that builds, as Postgres writes it: a graph that does not fit is built many times slower. */
  maintenanceWorkMem: string;
  /** The embedded database has one connection, and so nobody to build beside. */
  isEmbedded: boolean;
  onProgress?: (progress: BuildProgress) => void;
}

/** Where a build is. */
export interface BuildProgress {
  phase: string;
  /** Vectors that are in. */
  done: number;
  /** About so many. */
  total: number;
}

export interface RebuildReport {
  index: VectorIndex;
  /** Size of the one that it replaces; null where there was none. */
  former_bytes: number | null;
  /** Indexes that an earlier rebuild had left behind, and that are gone now. */
  repaired: string[];
  seconds: number;
}

/** Two rebuilds at once would take each other's index for one that was left behind. */
const rebuildLock = 7_305_412;
const pollMs = 500;

/**
 * Builds the index on vectors anew beside the one that search uses, while articles are read and written, and swaps their
 * names in one transaction. Killed at any point, the former one is there and used; what is left behind is named by
 * {@link readVectorStatus} and taken away by the next rebuild.
 *
 * @param db without a statement timeout.
 * @throws {Error} when another rebuild is under way, or the build ends: nothing is swapped then.
 */
export async function rebuildVectorIndex(db: Database, options: RebuildOptions): Promise<RebuildReport> {
  const startedAt = performance.now();
  const before = await listVectorIndexes(db);
  const repaired = options.isEmbedded ? await rebuildInPlace(db, options) : await rebuildBeside(db, options);
  const after = await listVectorIndexes(db);
  return {
    index: find(after, vectorIndexName)!,
    former_bytes: find(before, vectorIndexName)?.bytes ?? null,
    repaired,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

function find(indexes: readonly VectorIndex[], name: string): VectorIndex | undefined {
  return indexes.find((index) => index.name === name);
}

async function rebuildInPlace(db: Database, graph: GraphOptions): Promise<string[]> {
  const capability = await readCapability(db);
  await db.transaction(async (tx) => {
    await tx.query(`drop index if exists ${vectorIndexName}`);
    await tx.query(createIndexStatement(vectorIndexName, capability, graph, false));
  });
  return [];
}

async function rebuildBeside(db: Database, options: RebuildOptions): Promise<string[]> {
  const rebuild = async (client: Queryable) => {
    const { rows } = await client.query<{ isFree: boolean }>('select pg_try_advisory_lock($1) as "isFree"', [
      rebuildLock,
    ]);
    if (!rows[0]!.isFree) throw new Error('Another rebuild of the index on vectors is under way on this database');
    try {
      // The server looks whether this process is still there: a build for nobody would go on for minutes.
      await client.query("set client_connection_check_interval = '2s'");
      await client.query(`select set_config('maintenance_work_mem', $1, false)`, [options.maintenanceWorkMem]);
      const repaired = await dropLeftovers(client);
      const statement = createIndexStatement(nextIndexName, await readCapability(client), options, true);
      await watched(db, client.query(statement), options.onProgress);
      await client.query(
        `begin; set local lock_timeout = '30s';
         alter index if exists ${vectorIndexName} rename to ${formerIndexName};
         alter index ${nextIndexName} rename to ${vectorIndexName};
         commit`,
      );
      await client.query(`drop index concurrently if exists ${formerIndexName}`);
      return repaired;
    } finally {
      await client
        .query(
          `rollback; reset client_connection_check_interval; reset maintenance_work_mem;
           select pg_advisory_unlock(${rebuildLock})`,
        )
        // Whoever ended the connection ended its lock and settings with it.
        .catch(() => {});
    }
  };
  return await db.session(rebuild, { isUnlimited: true });
}

/** Takes away what earlier rebuilds left; each name is one of ours. */
async function dropLeftovers(client: Queryable): Promise<string[]> {
  const names = (await listVectorIndexes(client))
    .map(({ name }) => name)
    .filter((name) => name === nextIndexName || name === formerIndexName);
  for (const name of names) await client.query(`drop index concurrently if exists ${name}`);
  return names;
}

/** Reports where a build is until it ends. */
async function watched(db: Database, build: Promise<unknown>, onProgress?: (progress: BuildProgress) => void) {
  if (!onProgress) return void (await build);
  const poll = async () => {
    const { rows } = await db.query<BuildProgress>(
      `select phase, tuples_done::int as done, greatest(tuples_done, tuples_total, reltuples)::int as total
       from pg_stat_progress_create_index as progress join pg_class on pg_class.oid = relid
       where relid = 'news'::regclass and datname = current_database()`,
    );
    if (rows[0]) onProgress(rows[0]);
  };
  const timer = setInterval(() => {
    // What the build itself says is the error; a look that fails is none.
    poll().catch(() => {});
  }, pollMs);
  try {
    await build;
  } finally {
    clearInterval(timer);
  }
}
