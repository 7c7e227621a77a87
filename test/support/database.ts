import { randomBytes } from 'node:crypto';
import { migrateUp } from '../../infra/migrate.ts';
import type { Database } from '../../shared/database.ts';
import { openPostgres } from '../../shared/postgres.ts';

/** Server of the test run, set by test/run.ts (or by hand): a Postgres with pgvector where databases may be created. */
const serverUrl = process.env.TEST_DATABASE_URL ?? '';

/** The reason to skip a test that needs a real Postgres, or false. test/run.ts fails the run where one can be had. */
export const withoutPostgres: string | false = serverUrl ? false : 'no real Postgres: TEST_DATABASE_URL is not set';

export interface TestDatabase {
  db: Database;
  url: string;
  drop(): Promise<void>;
}

/** A database of its own with all migrations applied, cloned from a template that the first caller makes. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await openPostgres({ url: serverUrl }, { maxConnections: 1 });
  try {
    const template = await ensureTemplate(server);
    const name = `test_${randomBytes(6).toString('hex')}`;
    await server.query(`create database ${name} template ${template}`);
    const url = databaseUrl(name);
    const db = await openPostgres({ url });
    return {
      db,
      url,
      drop: async () => {
        await db.close();
        const admin = await openPostgres({ url: serverUrl }, { maxConnections: 1 });
        await admin.query(`drop database if exists ${name} with (force)`);
        await admin.close();
      },
    };
  } finally {
    await server.close();
  }
}

/** An empty database without migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const test = await createTestDatabase();
  await test.db.query('drop schema public cascade');
  await test.db.query('create schema public');
  return test;
}

const templateLock = 7_305_411;

/** Test files run as processes side by side: the advisory lock lets one of them make the template of this run. */
async function ensureTemplate(server: Database): Promise<string> {
  const name = `template_${process.env.TEST_RUN_ID ?? 'by_hand'}`;
  return await server.session(async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock]);
    try {
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
      // By hand the migrations may have changed since the last time.
      if (rowCount > 0 && !process.env.TEST_RUN_ID) await client.query(`drop database ${name}`);
      if (rowCount === 0 || !process.env.TEST_RUN_ID) {
        await client.query(`create database ${name}`);
        const db = await openPostgres({ url: databaseUrl(name) });
        await migrateUp(db);
        await db.close();
      }
    } finally {
      await client.query('select pg_advisory_unlock($1)', [templateLock]);
    }
    return name;
  });
}

function databaseUrl(name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
