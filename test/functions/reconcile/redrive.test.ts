import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { discardDeadLetters } from '../../../functions/reconcile/dead-letters-sql.ts';
import { createHandler } from '../../../functions/reconcile/handler.ts';
import { redrive } from '../../../functions/reconcile/redrive.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { closeFailures, recordFailure } from '../../../shared/sql/quarantine.ts';
import { createRecorder, nudges } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { seedFinished } from './support.ts';

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const attributes = { event_version: '1', traceparent };
const run = { agency_key: 'mec', source_url: 'https://mec/n', start_date: '2026-11-01', end_date: '2026-11-02' };

describe('redriving dead letters', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  const deps = () => ({ ...recorder, db: database.db });
  const all = { limit: 100, rate: 1000 };

  before(async () => {
    database = await createTestDatabase();
    server = await serveFunction('reconcile', createHandler({ ...deps(), targets: {}, overdueMs: 60_000 }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine cascade');
    recorder.published.length = 0;
    recorder.failWith = undefined;
  });

  const fail = (stage: string, subject: string, data: unknown = {}, error = 'Error: no') =>
    recordFailure(database.db, { stage, subject, data, attributes, error });
  const call = async (body: object) => {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return [answer.status, await answer.json()] as const;
  };
  const rows = async () =>
    (
      await database.db.query<{ subject: string; isRedriven: boolean; isOpen: boolean }>(
        `select subject, redriven_at is not null as "isRedriven", closed_at is null as "isOpen" from quarantine order by id`,
      )
    ).rows;

  test('sends the nudge of today, to the topic of the stage, in the trace of the message that failed', async () => {
    await seedFinished(database.db, ['a', 'b', 'c']);
    await database.db.query(`update news set version = 7 where unique_id = 'a'`);
    await fail('enrich', 'a', { unique_id: 'a', version: 1 });
    await fail('embed', 'b', { unique_id: 'b', version: 1 });
    await fail('sync', 'c', { unique_id: 'c', version: 1 });
    assert.deepEqual(await redrive(all, deps()), { redriven: 3, waiting: 0, unreadable: 0 });
    assert.deepEqual(nudges(recorder.published), ['scraped a 7', 'enriched b 1', 'embedded c 1']);
    assert.equal(recorder.published[0]!.attributes.traceparent!.split('-')[1], 'a'.repeat(32));
    assert.equal((await database.db.query('select from outbox')).rowCount, 0);
  });

  test('a run is asked for once, however many of its pages failed', async () => {
    await fail('scrape', 'https://mec/n 2026-11-01/2026-11-02', run);
    await fail('scrape', 'https://mec/n/page', run);
    await fail('scrape', 'https://mec/n/other', { ...run, start_date: '2026-10-01' });
    assert.deepEqual(await redrive(all, deps()), { redriven: 3, waiting: 0, unreadable: 0 });
    assert.deepEqual(
      recorder.published.map(({ topic, data }) => [topic, data]),
      [
        ['requested', run],
        ['requested', { ...run, start_date: '2026-10-01' }],
      ],
    );
  });

  test('a run is asked for once by a slow redrive too', async () => {
    for (const page of [1, 2, 3]) await fail('scrape', `https://mec/n/${page}`, run);
    assert.equal((await redrive({ limit: 100, rate: 10 }, deps())).redriven, 3);
    assert.equal(recorder.published.length, 1);
  });

  test('the page of a failed scrape is asked for at once, not when its time comes', async () => {
    await fail('scrape', 'https://mec/n/page', run);
    await database.db.query(
      `insert into pages (agency_key, canonical_url, source_url, url, platform, visited_at, next_visit_at)
       select 'mec', 'https://mec/n/' || name, 'https://mec/n', 'https://mec/n/' || name, 'classic', now(),
         now() + interval '1 hour'
       from unnest('{page,other}'::text[]) as name`,
    );
    await redrive(all, deps());
    const { rows: due } = await database.db.query('select canonical_url from pages where next_visit_at <= now()');
    assert.deepEqual(due, [{ canonical_url: 'https://mec/n/page' }]);
  });

  test('what fails while a redrive runs is not sent by it', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await fail('embed', 'a');
    const failing = {
      ...recorder,
      db: database.db,
      publisher: { ...recorder.publisher, publish: () => fail('embed', 'b') },
    };
    assert.equal((await redrive({ limit: 10, rate: 1 }, failing)).redriven, 1);
  });

  test('what names nothing that could be done again is left for a person', async () => {
    await fail('embed', 'no-such-article', { unique_id: 'no-such-article', version: 1 });
    await fail('scrape', '77', 'not a request');
    await fail('scrape', '79', { ...run, start_date: '2026-13-40' });
    await fail('unknown', '78', { message: {} });
    await recordFailure(database.db, {
      stage: 'scrape',
      subject: 'newer',
      data: run,
      attributes: { event_version: '2' },
      error: 'e',
    });
    assert.deepEqual(await redrive(all, deps()), { redriven: 0, waiting: 0, unreadable: 5 });
    assert.deepEqual(recorder.published, []);
    assert.ok((await rows()).every(({ isRedriven, isOpen }) => isOpen && !isRedriven));
  });

  test('a second redrive waits for the first, unless it is forced', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    await redrive(all, deps());
    assert.deepEqual(await redrive(all, deps()), { redriven: 0, waiting: 1, unreadable: 0 });
    assert.equal(recorder.published.length, 1);
    assert.deepEqual(await redrive({ ...all, force: true }, deps()), { redriven: 1, waiting: 0, unreadable: 0 });
    await database.db.query(`update quarantine set redriven_at = now() - interval '11 minutes'`);
    assert.deepEqual(await redrive(all, deps()), { redriven: 1, waiting: 0, unreadable: 0 });
  });

  test('operators at the same time send a message once', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    const reports = await Promise.all([redrive(all, deps()), redrive(all, deps()), redrive(all, deps())]);
    assert.equal(
      reports.reduce((sum, { redriven }) => sum + redriven, 0),
      1,
    );
    assert.equal(recorder.published.length, 1);
  });

  test('closes when the stage is reached, and is as before when it fails again', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await fail('embed', 'a');
    await fail('embed', 'b');
    await redrive(all, deps());
    await closeFailures(database.db, 'embed', ['a']);
    await fail('embed', 'b');
    assert.deepEqual(await rows(), [
      { subject: 'a', isRedriven: true, isOpen: false },
      { subject: 'b', isRedriven: false, isOpen: true },
    ]);
    assert.deepEqual(await redrive(all, deps()), { redriven: 1, waiting: 0, unreadable: 0 });
  });

  test('one that was recorded after its stage was reached is closed by the next run of reconcile', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await database.db.query(`update news set image_url = 'https://www.gov.br/x.jpg' where unique_id = 'b'`);
    for (const subject of ['a', 'b']) await fail('sync', subject);
    const answer = await fetch(server.url, { method: 'POST' });
    assert.equal(answer.status, 200);
    const open = (await rows()).filter(({ isOpen }) => isOpen);
    assert.deepEqual(
      open.map(({ subject }) => subject),
      ['b'],
    );
  });

  test('an article that reconcile gave up counts anew', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    await database.db.query(
      `insert into requeues values ('embed', 'a', 1, 6, 'infinity'), ('sync', 'a', 1, 6, 'infinity')`,
    );
    await redrive(all, deps());
    assert.deepEqual((await database.db.query('select stage from requeues')).rows, [{ stage: 'sync' }]);
  });

  test('a broker that fails leaves the message in the outbox', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    recorder.failWith = new Error('no broker');
    assert.equal((await redrive(all, deps())).redriven, 1);
    assert.equal((await database.db.query('select from outbox')).rowCount, 1);
  });

  test('keeps to its rate and its limit', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `a${index}`);
    await seedFinished(database.db, ids);
    for (const id of ids) await fail('embed', id);
    const startedAt = performance.now();
    assert.equal((await redrive({ limit: 9, rate: 4 }, deps())).redriven, 9);
    const seconds = (performance.now() - startedAt) / 1000;
    assert.ok(seconds > 1.5, `${seconds} s`);
    assert.equal(recorder.published.length, 9);
  });

  test('each filter narrows', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await fail('embed', 'a', {}, 'Error: Too Long');
    await fail('sync', 'a');
    await fail('embed', 'b');
    await fail('scrape', 'https://ibge/n', { ...run, agency_key: 'ibge' });
    await database.db.query(`update quarantine set last_failed_at = '2026-01-01' where subject = 'b'`);
    const choose = async (filter: object) => {
      await database.db.query('update quarantine set redriven_at = null');
      recorder.published.length = 0;
      await redrive({ ...all, ...filter }, deps());
      return recorder.published.map(({ topic, data }) =>
        `${topic} ${(data as { unique_id?: string }).unique_id ?? ''}`.trim(),
      );
    };
    assert.deepEqual(await choose({ stage: 'embed' }), ['enriched a', 'enriched b']);
    assert.deepEqual(await choose({ subject: 'a' }), ['enriched a', 'embedded a']);
    assert.deepEqual(await choose({ error: 'too long' }), ['enriched a']);
    assert.deepEqual(await choose({ agency: 'ibge' }), ['requested']);
    assert.deepEqual(await choose({ agency: 'mec', stage: 'sync' }), ['embedded a']);
    assert.deepEqual(await choose({ since: new Date('2026-02-01'), stage: 'embed' }), ['enriched a']);
  });

  test('discarded ones are closed with the reason, and redriven no more', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    const { rows: found } = await database.db.query<{ id: number }>('select id from quarantine');
    assert.equal(await discardDeadLetters(database.db, [found[0]!.id], 'not news'), 1);
    assert.deepEqual(await redrive(all, deps()), { redriven: 0, waiting: 0, unreadable: 0 });
    assert.equal((await database.db.query(`select from quarantine where closed_reason = 'not news'`)).rowCount, 1);
    await fail('embed', 'a');
    assert.equal((await database.db.query(`select from quarantine where closed_reason is null`)).rowCount, 1);
  });

  test('gcloud users redrive by a call of reconcile', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await fail('embed', 'a');
    await fail('sync', 'b');
    const [status, body] = await call({ redrive: { stage: 'embed', limit: 10 } });
    assert.deepEqual([status, body], [200, { redrive: { redriven: 1, waiting: 0, unreadable: 0 } }]);
    assert.deepEqual(nudges(recorder.published), ['enriched a 1']);
    assert.equal((await call({ redrive: { stages: 'embed' } }))[0], 400);
    assert.equal((await call({ redrive: { all: true }, cancel_replay: 1 }))[0], 400);
  });

  test('a call says which, or that it means all; what can name nothing is refused', async () => {
    await seedFinished(database.db, ['a', 'b']);
    await fail('embed', 'a');
    await fail('sync', 'b');
    const refused = [
      [{}, /must say which: stage, agency, .* or "all": true/],
      [{ limit: 1 }, /must say which/],
      [{ all: true, stage: 'embed' }, /must say which/],
      [{ all: false }, /redrive.all: must be true/],
      [{ stage: 'embd' }, /stage: must be one of scrape, enrich, embed, sync, unknown/],
      [{ agency: 'nope' }, /Unknown agency: nope/],
      [{ error: '' }, /error: must not be empty/],
      [{ subject: 'a\0' }, /subject: must not contain the character NUL/],
    ] as const;
    for (const [body, pattern] of refused) {
      const [status, answer] = await call({ redrive: body });
      assert.equal(status, 400, JSON.stringify(body));
      assert.match((answer as { error: string }).error, pattern);
    }
    assert.deepEqual(recorder.published, []);
    const [, answer] = await call({ redrive: { all: true } });
    assert.deepEqual(answer, { redrive: { redriven: 2, waiting: 0, unreadable: 0 } });
  });

  test('a row without usable attributes is redriven like any other', async () => {
    await seedFinished(database.db, ['a']);
    await fail('embed', 'a');
    await database.db.query(`update quarantine set attributes = 'null'`);
    assert.equal((await redrive(all, deps())).redriven, 1);
  });
});
