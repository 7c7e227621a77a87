import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseRate } from '../../../infra/local/rate.ts';
import {
  describeReplays,
  endReplayNow,
  estimateReplay,
  resumeReplay,
  startReplay,
} from '../../../infra/local/replay.ts';
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
  const deps = (isPublishing = true) => ({ ...recorder, db: database.db, isPublishing, enricherRank: 1 });
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
  const destaques = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args, '--database-url', database.url], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '' },
      timeout: 60_000,
    });
  const pendingCount = async () =>
    (await database.db.query('select from news where embedded_text_hash is distinct from embedding_text_hash'))
      .rowCount;

  test('a dry run counts and estimates, and changes nothing', async () => {
    assert.equal(
      await estimateReplay(database.db, { ...order, rate: 0.1 }),
      '3 articles for embed, 30 s at 0.1 a second; nothing was changed',
    );
    await assert.rejects(estimateReplay(database.db, { ...order, agencies: ['mecc'] }), /unknown agency: mecc/);
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

  test('what is done, cancelled, elsewhere or unknown cannot be resumed, and that is said', async () => {
    await startReplay(order, deps());
    await assert.rejects(resumeReplay(1, deps()), { name: 'UsageError', message: 'replay 1 is done' });
    await assert.rejects(resumeReplay(9, deps()), /no replay with id 9/);
    await assert.rejects(endReplayNow(database.db, 1), /replay 1 is done/);
    await database.db.query(`update replays set status = 'open', lease_until = now() + interval '1 minute'`);
    await assert.rejects(resumeReplay(1, deps()), /carried on elsewhere, until 2/);
    assert.match(await endReplayNow(database.db, 1), /^replay 1 cancelled/);
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

  test('a wrong call changes nothing and exits with 2', () => {
    for (const args of [
      [],
      ['--stage', 'embed'],
      ['--stage', 'scrape', '--start-date', '2026-11-01', '--end-date', '2026-11-02'],
      ['--stage', 'embed', '--start-date', '2026-11-03', '--end-date', '2026-11-02'],
      ['--list', '--resume', '1'],
      ['--resume', '77'],
    ]) {
      assert.equal(destaques('replay', ...args).status, 2, args.join(' '));
    }
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
    await assert.rejects(resumeReplay(1, deps()), /carried on elsewhere/);
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
