import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLease } from '../../../functions/reconcile/replay.ts';
import { takeReplay } from '../../../functions/reconcile/replay-sql.ts';
import { countDelivery } from '../../../infra/local/delivery.ts';
import { createProgram } from '../../../infra/local/program.ts';
import { parseRate } from '../../../infra/local/rate.ts';
import {
  describeReplays,
  endReplayNow,
  estimateReplay,
  resumeReplay,
  startReplay,
} from '../../../infra/local/replay.ts';
import { endLeases } from '../../../infra/local/sql.ts';
import type { Database } from '../../../shared/database.ts';
import { seedFinished } from '../../functions/reconcile/support.ts';
import { createRecorder, nudges } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

test('a rate is read as people write it', () => {
  assert.deepEqual(['50/s', '50', '0.5/s', '30/min'].map(parseRate), [50, 50, 0.5, 0.5]);
  for (const text of ['', '0', '-1/s', '1001/s', '5/h', '1e3', '1/min'])
    assert.throws(() => parseRate(text), /must be a rate/);
});

describe('replay', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  const recorder = createRecorder();
  const deps = (isPublishing = true) => ({
    ...recorder,
    ...countDelivery(recorder.publisher),
    db: database.db,
    isPublishing,
    enricherRank: 1,
  });
  const order = { stage: 'embed', startDate: '2026-11-01', endDate: '2026-11-30', rate: 1000 } as const;

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, replays restart identity cascade');
    recorder.published.length = 0;
    await seedFinished(database.db, ['a', 'b', 'c']);
  });
  const destaques = (...args: string[]) => destaquesIn({}, ...args);
  const destaquesIn = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args, '--database-url', database.url], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', ...env },
      timeout: 60_000,
    });
  /** A project whose broker is away. */
  const away = { GOOGLE_CLOUD_PROJECT: 'nowhere', PUBSUB_EMULATOR_HOST: '127.0.0.1:1' };
  const window = ['--start-date', '2026-11-01', '--end-date', '2026-11-30'];
  const pendingCount = async () =>
    (await database.db.query('select from news where embedded_text_hash is distinct from embedding_text_hash'))
      .rowCount;

  test('a dry run counts and estimates, and changes nothing', async () => {
    assert.equal(
      await estimateReplay(database.db, { ...order, rate: 0.1 }),
      '3 articles for embed, 30 s at 0.1 a second; nothing was changed',
    );
    await assert.rejects(estimateReplay(database.db, { ...order, agencies: ['mecc'] }), /unknown agency: mecc/);
    assert.equal(await estimateReplay(database.db, order, { isJson: true }), '{\n  "articles": 3,\n  "seconds": 1\n}');
    assert.equal(await describeReplays(database.db, false), 'no replays');
    assert.equal(await pendingCount(), 0);
  });

  test('announces to the end, and says how many', async () => {
    assert.equal(
      await startReplay(order, deps()),
      'replay 1 done: embed 2026-11-01…2026-11-30: 3 of 3 articles, 3 made pending',
    );
    assert.deepEqual(nudges(recorder.published), ['enriched a 1', 'enriched b 1', 'enriched c 1']);
  });

  test('what is done, cancelled or unknown cannot be resumed, and that is said', async () => {
    await startReplay(order, deps());
    await assert.rejects(resumeReplay(1, deps()), { name: 'UsageError', message: 'replay 1 is done' });
    await assert.rejects(resumeReplay(9, deps()), /no replay with id 9/);
    await assert.rejects(endReplayNow(database.db, 1), /replay 1 is done/);
    await database.db.query(`update replays set status = 'open'`);
    assert.match(await endReplayNow(database.db, 1), /^replay 1 cancelled/);
    await assert.rejects(resumeReplay(1, deps()), { name: 'UsageError', message: 'replay 1 is cancelled' });
  });

  const open = async (lease = 'null') => {
    await startReplay(order, deps());
    recorder.published.length = 0;
    await database.db.query(`update replays set status = 'open', cursor_published_at = '-infinity', seen_count = 0,
      lease_token = gen_random_uuid(), lease_until = ${lease}`);
  };

  test('a killed runner is waited for, as long as its lease lasts', async () => {
    await open(`now() + interval '2 seconds'`);
    assert.match(await resumeReplay(1, deps()), /^replay 1 done/);
    assert.equal(recorder.published.length, 3);
  });

  test('a runner that is alive keeps its replay, which is no wrong call', async () => {
    await open(`now() + interval '1 minute'`);
    const alive = setInterval(
      () => void database.db.query(`update replays set lease_until = lease_until + interval '1 second'`),
      100,
    );
    try {
      await assert.rejects(resumeReplay(1, deps()), {
        name: 'Error',
        message: 'replay 1 is being carried on elsewhere',
      });
    } finally {
      clearInterval(alive);
    }
    assert.deepEqual(recorder.published, []);
  });

  test('who waits for a lease can be stopped', async () => {
    await open(`now() + interval '1 minute'`);
    const resumed = resumeReplay(1, deps(), { signal: AbortSignal.timeout(200) });
    await assert.rejects(resumed, /stopped, and replay 1 was not taken/);
  });

  test('the leases on a folder of this process alone are those of the dead', async () => {
    await open(`now() + interval '1 minute'`);
    await endLeases(database.db);
    assert.match(await resumeReplay(1, deps()), /^replay 1 done/);
  });

  test('a runner that loses its replay to another one fails, and says so', async () => {
    const publisher = {
      publish: async () => void (await database.db.query('update replays set lease_token = gen_random_uuid()')),
      close: async () => {},
    };
    await assert.rejects(startReplay({ ...order, rate: 2 }, { ...deps(), publisher }), {
      name: 'Error',
      message: /^taken over by another runner, which goes on: replay 1 open: .* 2 of 3 articles/,
    });
  });

  test('no platform gets hold of a replay between its order and its runner', async () => {
    const taken: unknown[] = [];
    const query: Database['query'] = async (text, values) => {
      const answer = await database.db.query<never>(text, values);
      if (text.includes('insert into replays')) taken.push(await takeReplay(database.db, 1, createLease()));
      return answer;
    };
    assert.match(await startReplay(order, { ...deps(), db: { ...database.db, query } }), /^replay 1 done/);
    assert.deepEqual(taken, [false]);
  });

  test('the command marks where no project is named, and says what announces it', async () => {
    const { status, stdout, stderr } = destaques(
      ...['replay', '--stage', 'embed', '--start-date', '2026-11-01', '--end-date', '2026-11-02', '--rate', '50/s'],
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /replay 1: 2 articles for embed/);
    assert.match(stdout, /^replay 1 done: .* 2 of 2 articles, 2 made pending\nmarked only/);
    assert.deepEqual([await pendingCount(), (await database.db.query('select from outbox')).rowCount], [2, 0]);
    assert.match(destaques('replay', '--list').stdout, /^replay 1 done/);
  });

  test('a broker that is away fails the command, which says how many messages wait', { timeout: 120_000 }, async () => {
    const { status, stdout, stderr } = destaquesIn(away, 'replay', '--stage', 'embed', ...window, '--json');
    assert.equal(status, 1, stderr);
    const { seen_count: seen, in_outbox: inOutbox } = JSON.parse(stdout) as Record<string, number>;
    assert.deepEqual([seen, inOutbox], [3, 3]);
    assert.match(
      stderr,
      /\nwarning: 3 of 3 messages wait in the outbox: Topic enriched of project nowhere took no mess/,
    );
    assert.match(stderr, /; reconcile publishes them\nerror: nothing was published\n$/);
    assert.equal((await database.db.query('select from outbox')).rowCount, 3);
  });

  test('Ctrl-C ends it after its chunk, says where it is, and leaves it to the next', {
    timeout: 120_000,
  }, async () => {
    const args = ['replay', '--stage', 'embed', ...window, '--rate', '0.1/s', '--database-url', database.url];
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...away },
    });
    const seen = async () =>
      (await database.db.query<{ seen: number }>('select seen_count as seen from replays')).rows[0]?.seen ?? 0;
    for (let tries = 0; tries < 600 && (await seen()) === 0; tries++) await sleep(50);
    child.kill('SIGINT');
    const [[code], errors] = await Promise.all([once(child, 'exit'), child.stderr.toArray()]);
    assert.equal(code, 1);
    assert.match(
      Buffer.concat(errors).toString(),
      /\nwarning: 1 of 1 messages wait in the outbox: .*\nerror: stopped: replay 1 open: .* 1 of 3 articles, .*; "destaques replay --resume 1" goes on/,
    );
    assert.match(await resumeReplay(1, deps()), /^replay 1 done: .* 3 of 3 articles/);
  });

  test('a wrong call changes nothing and exits with 2', async () => {
    await open();
    for (const args of [[], ['--resume', '77'], ['--resume', '1', '--rate', '5/s']]) {
      const { status, stdout, stderr } = destaques('replay', ...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, /^error: /);
    }
    const call = async (args: string[]) => {
      const program = createProgram();
      for (const command of [program, ...program.commands]) command.configureOutput({ writeErr: () => {} });
      const wrong = program.parseAsync(['replay', ...args, '--database-url', database.url], { from: 'user' });
      await assert.rejects(wrong, /^(UsageError|CommanderError|InvalidArgumentError)/, args.join(' '));
    };
    for (const args of [
      ['--stage', 'embed'],
      ['--stage', 'scrape', ...window],
      ['--stage', 'embed', '--start-date', '2026-11-03', '--end-date', '2026-11-02'],
      ['--stage', 'embed', ...window, '--agencies', 'atlantis'],
      ['--stage', 'embed', ...window, '--list'],
      ['--list', '--resume', '1'],
      ['--list', '--stage', 'embed'],
      ['--cancel', '1', '--dry-run'],
      ['--cancel', '1', '--json'],
      ['--resume', '1', '--dry-run'],
      ['--resume', '1', '--agencies', 'mec'],
    ]) {
      await call(args);
    }
    assert.deepEqual((await database.db.query('select status, seen_count as seen from replays')).rows, [
      { status: 'open', seen: 0 },
    ]);
  });

  test('a process that is killed is gone on with, and each article is announced once', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `k${index}`);
    await seedFinished(database.db, ids);
    const code = `
      const { openPostgres } = await import('${new URL('../../../shared/postgres.ts', import.meta.url)}');
      const { startReplay } = await import('${new URL('../../../infra/local/replay.ts', import.meta.url)}');
      const { silentLogger } = await import('${new URL('../../../shared/log.ts', import.meta.url)}');
      const db = await openPostgres({ url: '${database.url}' });
      const publisher = { publish: () => Promise.reject(new Error('kept in the outbox')), close: async () => {} };
      await startReplay({ stage: 'embed', startDate: '2026-11-01', endDate: '2026-12-31', rate: 5 },
        { db, publisher, log: silentLogger, isPublishing: true, enricherRank: 1 });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
    const waiting = async () => (await database.db.query('select from outbox')).rowCount;
    for (let tries = 0; tries < 300 && (await waiting()) < 10; tries++) await sleep(50);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const seen = await waiting();
    assert.ok(seen >= 10 && seen < 33, `${seen}`);
    await database.db.query(`update replays set lease_until = now() - interval '1 second', rate = 1000`);
    assert.match(await resumeReplay(1, deps()), /^replay 1 done: .* 33 of 33 articles, 33 made pending$/);
    const { rows } = await database.db.query<{ id: string }>(`select data ->> 'unique_id' as id from outbox`);
    const announced = [
      ...rows.map(({ id }) => id),
      ...recorder.published.map(({ data }) => (data as { unique_id: string }).unique_id),
    ];
    assert.deepEqual(announced.sort(), ['a', 'b', 'c', ...ids].sort());
  });
});
