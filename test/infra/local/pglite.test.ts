import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import type { Database, Queryable } from '../../../shared/database.ts';
import { relayOutbox } from '../../../shared/outbox.ts';
import { insertOutboxMessages } from '../../../shared/sql/outbox.ts';
import { listPendingArticles } from '../../../shared/sql/pending.ts';
import { closeFailures, recordFailure } from '../../../shared/sql/quarantine.ts';
import { storeArticles } from '../../../shared/sql/store-articles.ts';
import { articleInput, createRecorder, seedArticle } from '../../support/articles.ts';

describe('the embedded Postgres', () => {
  let db: Database;
  before(async () => {
    db = await openPglite();
    await migrateUp(db);
    await db.query('create table items (value integer)');
  });
  after(() => db?.close());
  beforeEach(() => db.query('truncate items, news, outbox, quarantine cascade'));

  const values = async (on: Queryable = db) =>
    (await on.query<{ value: number }>('select value from items order by value')).rows.map(({ value }) => value);

  test('returns the types and counts that Postgres returns through its driver', async () => {
    const { rows } = await db.query(
      `select timestamptz '2026-01-02 03:04:05.678-03' as instant, 5000000000::int8 as big, count(*) as count,
         $1::text[] as list, '[1,0.5]'::vector as vector, '{"a":[1]}'::jsonb as json, $2::timestamptz as given from items`,
      [['a', null, 'b"c'], new Date(0)],
    );
    assert.deepEqual(rows, [
      {
        instant: new Date('2026-01-02T06:04:05.678Z'),
        big: 5_000_000_000,
        count: 0,
        list: ['a', null, 'b"c'],
        vector: '[1,0.5]',
        json: { a: [1] },
        given: new Date(0),
      },
    ]);
    const counts: number[] = [];
    for (const statement of [
      'insert into items values (1), (2), (3)',
      'update items set value = value + 1 where value > 1',
      'select from items',
      'select from items where false',
      'delete from items where value = 0',
    ]) {
      counts.push((await db.query(statement)).rowCount);
    }
    assert.deepEqual(counts, [3, 2, 3, 0, 0]);
  });

  test('a transaction commits, or rolls back when its work throws', async () => {
    await db.transaction((tx) => tx.query('insert into items values (1)'));
    const failure = new Error('no');
    const work = db.transaction(async (tx) => {
      await tx.query('insert into items values (2)');
      throw failure;
    });
    await assert.rejects(work, failure);
    await assert.rejects(
      db.snapshot((tx) => tx.query('insert into items values (3)')),
      /read-only/,
    );
    assert.deepEqual(await values(), [1]);
  });

  test('statements wait for the transaction or session that is open, and a failed one holds up nobody', async () => {
    const session = db.session(async (client) => {
      await client.query('begin; insert into items values (1)');
      await sleep(20);
      await client.query('rollback');
    });
    const failing = db.query('select 1 / 0');
    const transaction = db.transaction(async (tx) => {
      await tx.query('insert into items values (2)');
      await sleep(20);
    });
    const read = values();
    await assert.rejects(failing, /division/);
    await Promise.all([session, transaction]);
    assert.deepEqual(await read, [2]);
  });

  test('stores, lists and announces articles by the statements of Postgres', async () => {
    const { unique_id } = await seedArticle(db);
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 10, 14, minute));
    const seen = async (fields: Parameters<typeof articleInput>[0]) =>
      (await storeArticles(db, [articleInput(fields)]))[0]!.status;
    assert.equal(await seen({ extractedAt: at(1) }), 'unchanged');
    assert.equal(await seen({ extractedAt: at(2), tags: ['a "b"', 'c,d'] }), 'updated');
    const pending = await listPendingArticles(
      db,
      'embed',
      { embeddingModel: 'm' },
      { after: '', limit: 10, isFirst: true },
    );
    assert.deepEqual(pending, []);
    assert.deepEqual(await listPendingArticles(db, 'enrich', { enricherRank: 1 }, { after: '', limit: 10 }), [
      { unique_id, version: 2 },
    ]);
    const recorder = createRecorder();
    const message = { topic: 'scraped' as const, data: { unique_id, version: 2 }, attributes: { 'a "b"': '{c,d}' } };
    await insertOutboxMessages(db, [message, { ...message, topic: 'synced' }]);
    assert.deepEqual(await relayOutbox({ ...recorder, db }, 0), { published: 2, refused: 0 });
    const published = recorder.published.map(({ topic, data, attributes }) => ({ topic, data, attributes }));
    assert.deepEqual(published, [message, { ...message, topic: 'synced' }]);
  });

  test('keeps the quarantine as Postgres does', async () => {
    const entry = { stage: 'sync', subject: 'a\0', data: { text: '\0' }, attributes: {}, error: 'e' };
    await recordFailure(db, entry);
    await recordFailure(db, entry);
    await closeFailures(db, 'sync', ['a\0']);
    const { rows } = await db.query('select attempts, data, closed_at is null as open from quarantine');
    assert.deepEqual(rows, [{ attempts: 2, data: { text: '\ufffd' }, open: false }]);
  });
});

test('what is committed to a folder is there after it is opened again', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'pglite-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const first = await openPglite(folder);
  await first.query('create table items (value integer)');
  const written = first.transaction((tx) => tx.query('insert into items values (1)'));
  const closed = first.close();
  await Promise.all([written, closed]);
  const second = await openPglite(folder);
  try {
    assert.deepEqual((await second.query('select value from items')).rows, [{ value: 1 }]);
  } finally {
    await second.close();
  }
});

test('on a disk that is nearly full a statement fails, and nothing is half done once there is room', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'pglite-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  let freeMb = 1000;
  const db = await openPglite(folder, () => freeMb * 1024 * 1024);
  const isRefused = (error: Error) => {
    assert.ok(error.message.startsWith(`${folder} has 63 MB free, and the embedded database needs 64: make room`));
    return true;
  };
  await db.query('create table items (value integer)');
  await db.query('insert into items values (1)');
  const fills = db.transaction(async (tx) => {
    await tx.query('insert into items values (2)');
    freeMb = 63;
    await tx.query('insert into items values (3)');
  });
  await assert.rejects(fills, isRefused);
  await assert.rejects(db.query('insert into items values (4)'), isRefused);
  freeMb = 1000;
  const fillsInSession = db.session(async (client) => {
    await client.query('begin; insert into items values (5)');
    freeMb = 63;
    await assert.rejects(client.query('commit'), isRefused);
    await client.query('rollback');
  });
  await fillsInSession;
  freeMb = 1000;
  await db.query('insert into items values (6)');
  freeMb = 0;
  await db.close();
  const again = await openPglite(folder);
  try {
    const { rows } = await again.query<{ value: number }>('select value from items order by value');
    assert.deepEqual(
      rows.map(({ value }) => value),
      [1, 6],
    );
  } finally {
    await again.close();
  }
});

test('a server that panicked ends every later statement, and closes', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'pglite-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  // In a process of its own: a statement after a panic would block this one for ever.
  const script = `
    import { rmSync } from 'node:fs';
    import { openPglite } from ${JSON.stringify(new URL('../../../infra/local/pglite.ts', import.meta.url).href)};
    const db = await openPglite(${JSON.stringify(folder)});
    await db.query('create table items (value text)');
    rmSync(${JSON.stringify(join(folder, 'pg_wal'))}, { recursive: true });
    const logged = "insert into items select repeat('x', 1000) from generate_series(1, 60000)";
    const failure = (error) => console.log(error.message.split(' (')[0]);
    await db.transaction((tx) => tx.query(logged)).catch(failure);
    await db.query('select 1').catch(failure);
    await db.session((client) => client.query('select 1; select 2')).catch(failure);
    await db.close();
    console.log('closed');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const stopped = `The embedded database in ${folder} stopped\n`;
  assert.equal(stdout, `${stopped.repeat(3)}closed\n`, stderr);
});
