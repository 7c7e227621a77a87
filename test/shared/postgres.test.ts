import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Database, Queryable } from '../../shared/database.ts';
import { ConfigError, RetryableError } from '../../shared/errors.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

describe('Postgres', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    await db.query('create table items (value integer)');
  });
  after(() => database?.drop());
  beforeEach(() => db.query('truncate items'));

  const values = async (on: Queryable = db) =>
    (await on.query<{ value: number }>('select value from items order by value')).rows.map(({ value }) => value);
  const pid = async (on: Queryable) => (await on.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;

  test('returns dates, numbers, lists and vectors in the types that rows are declared with', async () => {
    const { rows, rowCount } = await db.query(
      `select timestamptz '2026-01-02 03:04:05.678-03' as instant, 5000000000::int8 as big, count(*) as count,
         array['a', null, 'b"c'] as list, '[1,0.5]'::vector as vector, '{"a":[1]}'::jsonb as json from items`,
    );
    assert.equal(rowCount, 1);
    assert.deepEqual(rows, [
      {
        instant: new Date('2026-01-02T06:04:05.678Z'),
        big: 5_000_000_000,
        count: 0,
        list: ['a', null, 'b"c'],
        vector: '[1,0.5]',
        json: { a: [1] },
      },
    ]);
  });

  test('a transaction commits what its work wrote, and rolls all of it back when the work throws', async () => {
    assert.equal(await db.transaction(async (tx) => (await tx.query('insert into items values (1), (2)')).rowCount), 2);
    const failure = new Error('no');
    const work = db.transaction(async (tx) => {
      await tx.query('insert into items values (3)');
      throw failure;
    });
    await assert.rejects(work, failure);
    assert.deepEqual(await values(), [1, 2]);
  });

  test('a refused statement takes the transaction back and leaves a connection that works', async () => {
    const single = await openPostgres({ url: database.url }, { maxConnections: 1 });
    try {
      const work = single.transaction(async (tx) => {
        await tx.query('insert into items values (1)');
        await tx.query('insert into items values (null::text)');
      });
      await assert.rejects(work, /type/);
      assert.deepEqual(await values(single), []);
    } finally {
      await single.close();
    }
  });

  test('a snapshot sees one instant and writes nothing', async () => {
    await db.snapshot(async (tx) => {
      assert.deepEqual(await values(tx), []);
      await db.query('insert into items values (1)');
      assert.deepEqual(await values(tx), []);
    });
    await assert.rejects(
      db.snapshot((tx) => tx.query('insert into items values (2)')),
      /read-only/,
    );
    assert.deepEqual(await values(), [1]);
  });

  test('a session stays on one connection and takes several statements in a text', async () => {
    await db.session(async (client) => {
      const first = await pid(client);
      await Promise.all([db.query('select pg_sleep(0.01)'), db.query('select pg_sleep(0.01)')]);
      assert.equal(await pid(client), first);
      await client.query('insert into items values (1); insert into items values (2)');
    });
    assert.deepEqual(await values(), [1, 2]);
  });

  test('a connection that breaks fails its work, is dropped, and the next call gets another', async () => {
    const single = await openPostgres({ url: database.url }, { maxConnections: 1 });
    try {
      const work = single.transaction(async (tx) => {
        await tx.query('insert into items values (1)');
        await db.query('select pg_terminate_backend($1)', [await pid(tx)]);
        await tx.query('insert into items values (2)');
      });
      await assert.rejects(work);
      assert.deepEqual(await values(single), []);
      await db.query('select pg_terminate_backend($1)', [await pid(single)]);
      await sleep(50);
      assert.deepEqual(await values(single), [], 'an idle connection that broke is replaced too');
    } finally {
      await single.close();
    }
  });

  test('work that is told to have time is ended by neither side, and leaves the limit as it was', async () => {
    const hurried = await openPostgres({ url: database.url }, { maxConnections: 1, statementTimeoutMs: 50 });
    try {
      // The driver gives up five seconds after the server would.
      await hurried.session((client) => client.query('select pg_sleep(5.2)'), { isUnlimited: true });
      await hurried.transaction((tx) => tx.query('select pg_sleep(0.2)'), { isUnlimited: true });
      await assert.rejects(hurried.query('select pg_sleep(10)'), /statement timeout/);
    } finally {
      await hurried.close();
    }
  });

  test('a statement ends with its time limit, and a wait for a connection with its own', async () => {
    const hurried = await openPostgres(
      { url: database.url },
      { maxConnections: 1, statementTimeoutMs: 50, connectTimeoutMs: 100 },
    );
    try {
      await assert.rejects(hurried.query('select pg_sleep(10)'), /statement timeout/);
      await hurried.session(async () => {
        await assert.rejects(hurried.query('select 1'), /timeout/);
      });
      assert.equal((await hurried.query('select 1')).rowCount, 1);
    } finally {
      await hurried.close();
    }
  });
});

test('an unreachable database is named by host and port, without its password', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(openPostgres({ url: `postgres://u:hunter2@127.0.0.1:${port}/news` }), (error) => {
    assert.ok(error instanceof RetryableError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}/news cannot be reached: .*ECONNREFUSED`));
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test('a server that accepts and says nothing counts as unreachable within the time limit', async () => {
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  try {
    await assert.rejects(
      openPostgres({ url: `postgres://u@127.0.0.1:${port}/x` }, { connectTimeoutMs: 100 }),
      RetryableError,
    );
  } finally {
    silent.close();
  }
});

test('a password with a raw @, /, ? or # is refused before anything is looked up, and nothing of it is told', async () => {
  const passwords = [
    'pa@hunter2',
    'hunter2@',
    '1/hunter2',
    '1?hunter2',
    '1#hunter2',
    'pa@ss/hunter2',
    '@hunter2',
    'pa/@2',
  ];
  for (const password of passwords) {
    await assert.rejects(openPostgres({ url: `postgres://u:${password}@127.0.0.1:1/news` }), (error) => {
      assert.ok(error instanceof ConfigError, password);
      assert.match(error.message, /percent-encode the password \(@ is %40/);
      assert.doesNotMatch(error.message, /hunter2|127/);
      return true;
    });
  }
});

test('a URL that is none is a mistake of the configuration; a socket that the query names is not', async () => {
  for (const rest of ['[127.0.0.1/news', '127.0.0.1:99999/news', '127.0.0.1:port/news']) {
    await assert.rejects(openPostgres({ url: `postgres://${rest}` }), {
      name: 'ConfigError',
      message: 'The database URL is not of the form postgres://user:password@host:port/database',
    });
  }
  await assert.rejects(openPostgres({ url: 'postgres://u:p@/news?host=/nowhere' }), { name: 'RetryableError' });
});

test('no text of a failed connection holds the password, however it is written', async () => {
  const urls = [
    'postgres://u:hunter2@127.0.0.1:1/news',
    'postgres://u:p%40%2F%3F%23hunter2@127.0.0.1:1/news',
    'postgres://u:%zzhunter2@127.0.0.1:1/news',
    'postgres://u:%ffhunter2@127.0.0.1:1/news',
    'postgres://u:hunter2 \\[^|:hunter2@127.0.0.1:1/news',
    'postgres://u:hunter2@127.0.0.1:port/news',
    'postgres://u:hunter2@/news?host=127.0.0.1&port=1',
    'postgres://u:hunter2@',
    'postgres://u:hunter2',
    'postgres://u@127.0.0.1:1/news?password=hunter2',
  ];
  for (const url of urls) {
    const error: unknown = await openPostgres({ url }).catch((reason: unknown) => reason);
    assert.ok(error instanceof Error, url);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/, url);
  }
});
