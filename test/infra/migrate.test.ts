import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPglite } from '../../infra/local/pglite.ts';
import { migrateDown, migrateUp, migrationStatus } from '../../infra/migrate.ts';
import type { Database, Queryable } from '../../shared/database.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { createEmptyDatabase, withoutPostgres } from '../support/database.ts';

const files = (await readdir(new URL('../../migrations', import.meta.url))).sort();
const names = files.map((file) => file.replace(/\.sql$/, ''));

/** Everything of the schema that a migration can make, as text. */
async function catalogueDump(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(`
    with own as (
      select c.oid, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = 'public' and relname not like 'schema_migrations%'
    )
    select line from (
      select 'relation ' || relkind::text || ' ' || relname from own
      union all select 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
        || ' ' || attidentity::text || attgenerated::text || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
        from own join pg_attribute on attrelid = oid left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attnum > 0 and not attisdropped and relkind = 'r'
      union all select 'index ' || pg_get_indexdef(indexrelid) from pg_index join own on own.oid = indrelid
      union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(c.oid)
        from pg_constraint c join own on own.oid = conrelid
      union all select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join own on own.oid = tgrelid where not tgisinternal
      union all select 'function ' || pg_get_functiondef(p.oid) from pg_proc p
        join pg_namespace n on n.oid = pronamespace
        left join pg_depend d on d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
        where nspname = 'public' and d.objid is null and prokind = 'f'
      union all select 'configuration ' || cfgname || ' ' || maptokentype || ' ' || mapseqno || ' ' || dictname
        from pg_ts_config join pg_namespace n on n.oid = cfgnamespace join pg_ts_config_map on mapcfg = pg_ts_config.oid
        join pg_ts_dict on pg_ts_dict.oid = mapdict where nspname = 'public'
    ) as dump (line) order by line`);
  return rows.map(({ line }) => line);
}

function migrationTests(open: () => Promise<{ db: Database; drop(): Promise<void> }>): void {
  const withDatabase = async (work: (db: Database) => Promise<void>) => {
    const { db, drop } = await open();
    try {
      await work(db);
    } finally {
      await drop();
    }
  };

  test('up, down and up again leaves the schema of the first time, and down leaves nothing', () =>
    withDatabase(async (db) => {
      assert.deepEqual(await migrateUp(db), names);
      const first = await catalogueDump(db);
      assert.ok(first.some((line) => line.startsWith('column news.content_embedding vector(768)')));
      assert.ok(
        first.some((line) => line.startsWith('trigger ')) && first.some((line) => line.startsWith('configuration ')),
      );
      assert.deepEqual(await migrateUp(db), []);
      assert.deepEqual(await migrateDown(db, names.length), names.toReversed());
      assert.deepEqual(await catalogueDump(db), []);
      await migrateUp(db);
      assert.deepEqual(await catalogueDump(db), first);
    }));

  test('each migration can be taken back by itself', () =>
    withDatabase(async (db) => {
      const dumps: string[][] = [await catalogueDump(db)];
      await migrateUp(db);
      for (let count = names.length; count > 0; count--) {
        dumps.push(await catalogueDump(db));
        assert.deepEqual(await migrateDown(db, 1), [names[count - 1]]);
      }
      assert.deepEqual(await catalogueDump(db), dumps[0]);
      assert.deepEqual(
        (await migrationStatus(db)).map(({ appliedAt }) => appliedAt),
        Array(names.length).fill(null),
      );
    }));

  test('of two runs at once one applies everything and the other finds nothing to do', () =>
    withDatabase(async (db) => {
      const applied = await Promise.all([migrateUp(db), migrateUp(db), migrateUp(db)]);
      assert.deepEqual(applied.flat(), names);
      assert.ok(applied.every((list) => list.length === 0 || list.length === names.length));
    }));

  test('status tells when each was applied, whatever the time zone of the database', () =>
    withDatabase(async (db) => {
      assert.deepEqual(
        await migrationStatus(db),
        names.map((name) => ({ name, appliedAt: null })),
      );
      const { rows } = await db.query<{ name: string }>('select current_database() as name');
      await db.query(`alter database "${rows[0]!.name}" set timezone to 'Asia/Tokyo'`);
      await db.query(`set timezone to 'Asia/Tokyo'`);
      await migrateUp(db);
      for (const { name, appliedAt } of await migrationStatus(db)) {
        assert.ok(Math.abs(Date.now() - appliedAt!.getTime()) < 60_000, `${name}: ${appliedAt?.toISOString()}`);
      }
    }));

  test('a migration that fails leaves nothing behind, neither its first half nor the lock', () =>
    withDatabase(async (db) => {
      // The runner reads the folder beside its own file: a copy of the two, with one migration more.
      const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
      try {
        await cp(new URL('../../migrations', import.meta.url), join(folder, 'migrations'), { recursive: true });
        await cp(new URL('../../infra/migrate.ts', import.meta.url), join(folder, 'infra/migrate.ts'));
        await writeFile(join(folder, 'package.json'), '{"type":"module"}');
        await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
        const broken =
          '-- Up Migration\ncreate table half (id integer);\nselect 1 / 0;\n-- Down Migration\ndrop table half;\n';
        await writeFile(join(folder, 'migrations/20991231000000000_broken.sql'), broken);
        const copy = (await import(join(folder, 'infra/migrate.ts'))) as typeof import('../../infra/migrate.ts');

        await assert.rejects(copy.migrateUp(db), /division by zero/);
        const { rows } = await db.query(`select to_regclass('half') as half, to_regclass('news') as news`);
        assert.deepEqual(rows, [{ half: null, news: 'news' }]);
        const { rows: locks } = await db.query(`select from pg_locks where locktype = 'advisory'`);
        assert.deepEqual(locks, []);
        const pending = (await copy.migrationStatus(db)).filter(({ appliedAt }) => appliedAt === null);
        assert.deepEqual(
          pending.map(({ name }) => name),
          ['20991231000000000_broken'],
        );

        await writeFile(join(folder, 'migrations/20991231000000000_broken.sql'), broken.replace('1 / 0', '1'));
        assert.deepEqual(await copy.migrateUp(db), ['20991231000000000_broken']);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }));
}

describe('migrations on Postgres', { skip: withoutPostgres }, () => {
  migrationTests(createEmptyDatabase);

  test('a role that may not write the schema is told so in one line, with the cause', async () => {
    const { db, url, drop } = await createEmptyDatabase();
    const role = `reader_${randomBytes(6).toString('hex')}`;
    await db.query(`create role ${role} login`);
    const limited = await openPostgres({ url: Object.assign(new URL(url), { username: role }).href });
    try {
      await assert.rejects(migrateUp(limited), (error) => {
        assert.ok(error instanceof Error && error.cause instanceof Error);
        assert.match(error.message, /^The database cannot be migrated: .*permission denied for schema public$/);
        return true;
      });
    } finally {
      await limited.close();
      await db.query(`drop role ${role}`);
      await drop();
    }
  });

  test('a statement of a migration may take longer than any other', async () => {
    const { url, drop } = await createEmptyDatabase();
    const hurried = await openPostgres({ url }, { statementTimeoutMs: 100, maxConnections: 1 });
    try {
      await hurried.query(
        `create function slow() returns event_trigger language plpgsql as 'begin perform pg_sleep(0.15); end'`,
      );
      await hurried.query(
        `create event trigger slow on ddl_command_start when tag in ('CREATE EXTENSION') execute function slow()`,
      );
      assert.deepEqual(await migrateUp(hurried), names);
      await assert.rejects(hurried.query('select pg_sleep(1)'), /statement timeout/);
    } finally {
      await hurried.close();
      await drop();
    }
  });
});

describe('migrations on PGlite', () => {
  migrationTests(async () => {
    const db = await openPglite();
    return { db, drop: () => db.close() };
  });
});
