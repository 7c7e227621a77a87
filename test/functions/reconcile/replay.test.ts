import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHandler } from '../../../functions/reconcile/handler.ts';
import { createLease, runReplay } from '../../../functions/reconcile/replay.ts';
import { findReplay, insertReplay, listReplays, type ReplayOrder } from '../../../functions/reconcile/replay-sql.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { listPendingArticles } from '../../../shared/sql/pending.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { createRecorder, nudges } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { seedFinished } from './support.ts';

describe('replaying', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  const targets = { enricherRank: 1, embeddingModel: 'm', searchIndex: 'postgres' };
  const deps = () => ({ ...recorder, db: database.db, enricherRank: 1, isAnnounced: true, overdueMs: 600_000 });
  const ids = ['a', 'b', 'c', 'd', 'e'];

  before(async () => {
    database = await createTestDatabase();
    const handlerDeps = { ...recorder, db: database.db, targets, overdueMs: 600_000 };
    server = await serveFunction('reconcile', createHandler(handlerDeps));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine, replays restart identity cascade');
    recorder.published.length = 0;
    recorder.failWith = undefined;
    await seedFinished(database.db, ids);
  });

  const order = (fields: Partial<ReplayOrder> = {}): ReplayOrder => ({
    stage: 'embed',
    startDate: '2026-11-01',
    endDate: '2026-11-30',
    rate: 1000,
    ...fields,
  });
  const start = async (fields: Partial<ReplayOrder> = {}) => (await insertReplay(database.db, order(fields), 5)).id;
  const run = (id: number, options = {}) => runReplay(id, contextFrom(), deps(), options);
  const pendingIn = async (stage: 'enrich' | 'embed' | 'sync') =>
    (await listPendingArticles(database.db, stage, targets, { after: '', limit: 100 })).map(
      ({ unique_id }) => unique_id,
    );
  async function call(body: object = {}) {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  test('each stage is made pending by its own predicate and announced, and no version moves', async () => {
    const topics = { enrich: 'scraped', embed: 'enriched', sync: 'embedded' } as const;
    for (const stage of ['sync', 'embed', 'enrich'] as const) {
      recorder.published.length = 0;
      const replay = await run(await start({ stage, startDate: '2026-11-02', endDate: '2026-11-04' }));
      assert.deepEqual([replay!.status, replay!.seen_count, replay!.marked_count], ['done', 3, 3]);
      assert.deepEqual(await pendingIn(stage), ['b', 'c', 'd']);
      assert.deepEqual(
        nudges(recorder.published).sort(),
        ['b', 'c', 'd'].map((id) => `${topics[stage]} ${id} 1`),
      );
    }
    const { rows } = await database.db.query('select distinct version, revision from news');
    assert.deepEqual(rows, [{ version: 1, revision: 1 }]);
  });

  test('days are those of São Paulo, agencies narrow, removed articles are left', async () => {
    await database.db.query(`update news set published_at = '2026-11-04T02:59:59Z' where unique_id = 'd'`);
    await database.db.query(`update news set agency_key = 'saude' where unique_id = 'b'`);
    await database.db.query(`update news set removed_at = now(), synced_version = version + 1 where unique_id = 'c'`);
    await run(await start({ startDate: '2026-11-02', endDate: '2026-11-03' }));
    assert.deepEqual(await pendingIn('embed'), ['b', 'd']);
    await run(await start({ startDate: '2026-11-01', endDate: '2026-11-01', agencies: ['saude'] }));
    assert.deepEqual(await pendingIn('embed'), ['b', 'd']);
  });

  test('what a better enricher or a person did is not made pending', async () => {
    await database.db.query(`update news set enriched_rank = 9 where unique_id = 'b'`);
    const replay = await run(await start({ stage: 'enrich' }));
    assert.deepEqual([replay!.seen_count, replay!.marked_count], [5, 4]);
    assert.deepEqual(await pendingIn('enrich'), ['a', 'c', 'd', 'e']);
  });

  test('reconcile does not announce again what a replay just announced', async () => {
    await run(await start());
    recorder.published.length = 0;
    const { body } = await call();
    assert.deepEqual([body.requeued, recorder.published], [{ enrich: 0, embed: 0, sync: 0 }, []]);
    await database.db.query('update requeues set next_at = now()');
    assert.deepEqual((await call()).body.requeued, { enrich: 0, embed: 5, sync: 0 });
  });

  test('keeps to its rate, and goes on where it stopped, each article once', async () => {
    const id = await start({ rate: 2 });
    const first = await run(id, { until: performance.now() + 700 });
    assert.deepEqual([first!.status, first!.seen_count, recorder.published.length], ['open', 2, 2]);
    const { body } = await call();
    assert.deepEqual(body.replayed, [{ id, status: 'done', seen_count: 5, total_count: 5 }]);
    assert.deepEqual(
      nudges(recorder.published),
      ids.map((name) => `enriched ${name} 1`),
    );
  });

  test('articles of one instant are each seen once, to the microsecond', async () => {
    await database.db.query(`update news set published_at = '2026-11-05T12:00:00.123456Z'`);
    const replay = await run(await start({ rate: 2 }));
    assert.deepEqual([replay!.status, replay!.seen_count, recorder.published.length], ['done', 5, 5]);
  });

  test('marks, messages and cursor commit together: a chunk that fails leaves none of them', async () => {
    const id = await start();
    const broken = {
      ...deps(),
      db: {
        ...database.db,
        transaction: <T>(work: (tx: typeof database.db) => Promise<T>) =>
          database.db.transaction((tx) =>
            work({
              ...database.db,
              query: (text: string, values?: unknown[]) => {
                if (text.includes('into outbox')) throw new Error('killed');
                return tx.query(text, values) as never;
              },
            }),
          ),
      },
    };
    await assert.rejects(runReplay(id, contextFrom(), broken as never), /killed/);
    assert.deepEqual([await pendingIn('embed'), (await findReplay(database.db, id))!.seen_count], [[], 0]);
    assert.equal((await run(id))!.status, 'done');
  });

  test('one runner at a time; one that was killed holds it for a minute', async () => {
    const id = await start({ rate: 4 });
    const runs = await Promise.all([run(id), run(id), run(id)]);
    assert.equal(runs.filter((replay) => replay?.status === 'done').length, 1);
    assert.equal(recorder.published.length, 5);
    const other = await start();
    await database.db.query(`update replays set lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'
      where status = 'open'`);
    assert.equal(await run(other), null);
    await database.db.query(`update replays set lease_until = now() - interval '1 second' where status = 'open'`);
    assert.equal((await run(other))!.status, 'done');
  });

  test('a broker that fails leaves its messages in the outbox', async () => {
    recorder.failWith = new Error('no broker');
    assert.equal((await run(await start()))!.status, 'done');
    assert.equal((await database.db.query('select from outbox')).rowCount, 5);
  });

  test('as many are open at once as reconcile carries on, and no more', async () => {
    for (let count = 0; count < 20; count++) await start();
    await assert.rejects(start(), /20 replays are open/);
    const { body } = await call();
    assert.equal((body.replayed as unknown[]).length, 20);
    assert.equal(typeof (await start()), 'number');
  });

  test('is ordered, counted and cancelled by calls of reconcile', async () => {
    const replay = { stage: 'embed', start_date: '2026-11-02', end_date: '2026-11-30', rate: 2 };
    const estimate = {
      articles: 4,
      seconds: 3,
      pace: '2 a second while reconcile works, at most 200 of every 300 seconds',
    };
    assert.deepEqual((await call({ replay: { ...replay, dry_run: true } })).body, { replay: estimate });
    assert.deepEqual((await call({ replay })).body, { replay: { id: 1, ...estimate } });
    assert.deepEqual((await call({ cancel_replay: 1 })).body, { cancelled: 1 });
    assert.equal((await call({ cancel_replay: 1 })).status, 400);
    assert.deepEqual((await call()).body.replayed, []);
    assert.equal((await call({ replay: { ...replay, end_date: '2026-11-01' } })).status, 400);
    assert.equal((await call({ replay: { ...replay, stage: 'scrape' } })).status, 400);
  });

  test('a call about agencies that do not exist, or with NUL, is refused and orders nothing', async () => {
    const replay = { stage: 'embed', start_date: '2026-11-02', end_date: '2026-11-30' };
    const { status, body } = await call({ replay: { ...replay, agencies: ['mec', 'mecc', 'atlantis'] } });
    assert.deepEqual([status, body.error], [400, 'Unknown agency: mecc, atlantis. "destaques agencies" lists them']);
    const withNul = await call({ replay: { ...replay, agencies: ['mec\0'] } });
    assert.equal(withNul.status, 400);
    assert.match(String(withNul.body.error), /must not contain the character NUL/);
    assert.equal((await database.db.query('select from replays')).rowCount, 0);
  });

  test("an order can be its runner's from the start: no other one takes it in between", async () => {
    const lease = createLease();
    const { id } = await insertReplay(database.db, order(), 5, lease);
    assert.equal(await run(id), null);
    assert.equal((await run(id, { lease }))!.status, 'done');
  });

  test('a runner whose replay was taken over is told; one whose replay was cancelled sees that', async () => {
    const meanwhile = (sql: string) => ({ onProgress: () => void database.db.query(sql) });
    const lost = await start({ rate: 2 });
    assert.equal(await run(lost, meanwhile('update replays set lease_token = gen_random_uuid()')), null);
    assert.equal((await findReplay(database.db, lost))!.status, 'open');
    const cancelled = await start({ rate: 2 });
    const replay = await run(cancelled, meanwhile(`update replays set status = 'cancelled'`));
    assert.deepEqual([replay!.status, replay!.seen_count], ['cancelled', 2]);
  });

  test('a signal ends a run after its chunk, without waiting for the next, and gives the replay back', {
    timeout: 30_000,
  }, async () => {
    const stop = new AbortController();
    const id = await start({ rate: 1 / 30 });
    const replay = await run(id, { signal: stop.signal, onProgress: () => stop.abort() });
    assert.deepEqual([replay!.status, replay!.seen_count, replay!.lease_until], ['open', 1, null]);
  });

  test('open replays are listed in the order in which they were asked for, all with the newest first', async () => {
    const ids = [await start(), await start(), await start(), await start()];
    await database.db.query(`update replays set status = 'done' where id = $1`, [ids[0]]);
    const listed = async (all: boolean) => (await listReplays(database.db, { all, limit: 2 })).map(({ id }) => id);
    assert.deepEqual([await listed(false), await listed(true)], [ids.slice(1, 3), [ids[3], ids[2]]]);
  });

  test('where nobody listens it only marks, at once, and reconcile is free to announce', {
    timeout: 60_000,
  }, async () => {
    const id = await start({ rate: 0.001 });
    const replay = await runReplay(id, contextFrom(), { ...deps(), isAnnounced: false });
    assert.deepEqual([replay!.status, recorder.published.length], ['done', 0]);
    assert.deepEqual((await call()).body.requeued, { enrich: 0, embed: 5, sync: 0 });
  });

  test('where it only marks, reconcile announces what it had given up as well', async () => {
    await database.db.query(
      `insert into requeues values ('embed', 'a', 1, 6, 'infinity'), ('sync', 'a', 1, 6, 'infinity')`,
    );
    await runReplay(await start(), contextFrom(), { ...deps(), isAnnounced: false });
    assert.deepEqual((await database.db.query('select stage from requeues')).rows, [{ stage: 'sync' }]);
    assert.deepEqual((await call()).body.requeued, { enrich: 0, embed: 5, sync: 0 });
  });
});
