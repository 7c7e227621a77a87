import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { ClientBase } from 'pg';
import type { Database, Queryable } from '../shared/database.ts';

const directory = fileURLToPath(new URL('../migrations', import.meta.url));
const migrationsTable = 'schema_migrations';

/**
 * Applies all pending migrations, each in a transaction of its own. Two runs at once are safe: the second waits for the
 * first (advisory lock) and then finds nothing to do.
 *
 * @returns the names of the migrations that were applied, in order.
 */
export function migrateUp(database: Database): Promise<string[]> {
  return migrate(database, { direction: 'up' });
}

/** Takes back the newest `count` migrations by their rollback parts; see `migrateUp` for the lock. */
export function migrateDown(database: Database, count: number): Promise<string[]> {
  return migrate(database, { direction: 'down', count });
}

/** Each migration of the project, in order, and when it was applied to this database. */
export async function migrationStatus(database: Database): Promise<{ name: string; appliedAt: Date | null }[]> {
  const pending = await migrate(database, { direction: 'up', dryRun: true });
  const { rows } = await database.query<{ name: string; appliedAt: Date }>(
    `select name, run_on at time zone current_setting('TimeZone') as "appliedAt" from ${migrationsTable} order by id`,
  );
  return [...rows, ...pending.map((name) => ({ name, appliedAt: null }))];
}

async function migrate(
  database: Database,
  options: { direction: 'up' | 'down'; count?: number; dryRun?: boolean },
): Promise<string[]> {
  const work = async (client: Queryable) => {
    try {
      const migrations = await runner({
        ...options,
        dbClient: asPgClient(client),
        dir: directory,
        migrationsTable,
        singleTransaction: false,
        advisoryLockMode: 'wait',
        logger: { info() {}, warn() {}, error() {} },
      });
      return migrations.map((migration) => migration.name);
    } catch (error) {
      // On a connection that is not its own the runner leaves the transaction of the failed migration open, and with
      // it the lock: it cannot be given back in a failed transaction, and would outlive it on a pooled connection.
      await client.query('rollback; select pg_advisory_unlock_all()').catch(() => {
        // The connection is what failed: it is dropped, and the error below says so.
      });
      throw new Error(`The database cannot be migrated: ${firstLine(error)}`, { cause: error });
    }
  };
  // An index on 300,000 rows takes longer than any statement of a function may.
  return await database.session(work, { isUnlimited: true });
}

/** The runner puts the stack of what it caught into its own message. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/** The runner calls nothing of a client but `query`, with a text or with `{text, values}`. */
function asPgClient(client: Queryable): ClientBase {
  const query = (query: string | { text: string; values?: unknown[] }, values?: unknown[]) =>
    typeof query === 'string' ? client.query(query, values) : client.query(query.text, query.values);
  return { query } as unknown as ClientBase;
}
