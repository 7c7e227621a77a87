import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { noteAttempts } from '../../../functions/reconcile/announce-sql.ts';
import { createHandler } from '../../../functions/reconcile/handler.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { insertOutboxMessages } from '../../../shared/sql/outbox.ts';
import { recordFailure } from '../../../shared/sql/quarantine.ts';
import { createRecorder, nudges, seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('reconcile', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  const targets = { enricherRank: 1, embeddingModel: 'm' };

  before(async () => {
    database = await createTestDatabase();
    const deps = { ...recorder, db: database.db, targets, overdueMs: 60_000 };
    server = await serveFunction('reconcile', createHandler(deps));
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

  async function call(status = 200, body?: object) {
    const init = body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {};
    const answer = await fetch(server.url, { method: 'POST', ...init });
    const result = (await answer.json()) as Record<string, unknown>;
    assert.equal(answer.status, status, JSON.stringify(result));
    return result;
  }
  /** An overdue article under the name `id`, in the state that `set` brings it to. */
  async function seed(id: string, set = 'title = title', extractedAt = new Date('2026-11-01T00:00:00Z')) {
    const { unique_id } = await seedArticle(database.db, {
      title: id,
      canonicalUrl: `https://www.gov.br/${id}`,
      extractedAt,
    });
    await database.db.query(`update news set unique_id = $2, ${set} where unique_id = $1`, [unique_id, id]);
  }
  const enriched = `enriched_revision = revision, enriched_rank = 1`;
  const embedded = `${enriched}, embedded_text_hash = embedding_text_hash, embedding_model = 'm'`;
  const synced = `${embedded}, synced_version = version`;

  const none = { enrich: 0, embed: 0, sync: 0 };
  /** Lets the pauses of all requeues be over. */
  const wait = () =>
    database.db.query(`update requeues set next_at = now() - interval '1 second' where next_at <> 'infinity'`);

  test('finds nothing to do where all is done', async () => {
    await seed('a', synced);
    assert.deepEqual(await call(), {
      relayed: { published: 0, refused: 0 },
      requeued: none,
      given_up: none,
      compared: null,
      pruned: { scrape_runs: 0, quarantine: 0 },
      replayed: [],
    });
    assert.deepEqual(recorder.published, []);
  });

  test('nudges each overdue article at the first stage that is pending, once', async () => {
    await seed('to-enrich');
    await seed('to-embed', enriched);
    await seed('to-sync', embedded);
    await seed('done', synced);
    await seed('young', 'title = title', new Date());
    assert.deepEqual((await call()).requeued, { enrich: 1, embed: 1, sync: 1 });
    assert.deepEqual(nudges(recorder.published), ['scraped to-enrich 1', 'enriched to-embed 1', 'embedded to-sync 1']);
    assert.equal(recorder.published[0]!.attributes.event_version, '1');
    assert.equal((await database.db.query('select from outbox')).rowCount, 0);
  });

  test('a nudge is never repeated within its pause, also by runs at the same time, and each pause is longer', async () => {
    await seed('a');
    const runs = await Promise.all([call(), call(), call()]);
    assert.equal(runs.filter(({ requeued }) => (requeued as typeof none).enrich === 1).length, 1);
    assert.deepEqual(nudges(recorder.published), ['scraped a 1']);
    assert.deepEqual((await call()).requeued, none);
    const minutes = async () =>
      (
        await database.db.query<{ m: number }>(
          'select round(extract(epoch from next_at - now()) / 60)::integer as m from requeues',
        )
      ).rows.map(({ m }) => m);
    assert.deepEqual(await minutes(), [2]);
    for (const pause of [4, 8, 16]) {
      await wait();
      assert.deepEqual((await call()).requeued, { ...none, enrich: 1 });
      assert.deepEqual(await minutes(), [pause]);
    }
  });

  test('of two runs that saw the same overdue article, the second one leaves it', async () => {
    await seed('a');
    const seen = [{ unique_id: 'a', version: 1 }];
    assert.deepEqual(await noteAttempts(database.db, 'enrich', seen, 60_000), seen);
    assert.deepEqual(await noteAttempts(database.db, 'enrich', seen, 60_000), []);
    assert.deepEqual(await noteAttempts(database.db, 'embed', seen, 60_000), seen);
    const { rows } = await database.db.query('select attempts from requeues');
    assert.deepEqual(rows, [{ attempts: 1 }, { attempts: 1 }]);
  });

  test('an article that nothing brings through its stage ends in quarantine, and is left alone', async () => {
    await seed('stuck', enriched);
    for (let attempt = 1; attempt <= 6; attempt++) {
      assert.deepEqual((await call()).requeued, { ...none, embed: 1 }, `attempt ${attempt}`);
      await wait();
    }
    assert.deepEqual([(await call()).given_up, recorder.published.length], [{ ...none, embed: 1 }, 6]);
    const { rows } = await database.db.query('select stage, subject, data, error from quarantine');
    assert.deepEqual(rows, [
      {
        stage: 'embed',
        subject: 'stuck',
        data: { unique_id: 'stuck', version: 1 },
        error: 'Pending after 6 more nudges by reconcile; the log lines of embed for the article say why',
      },
    ]);
    await database.db.query(`update quarantine set last_failed_at = now() - interval '30 days'`);
    const after = await call();
    assert.deepEqual([after.requeued, after.given_up, recorder.published.length], [none, none, 6]);
  });

  test('giving up keeps what the stage itself said, once', async () => {
    await seed('stuck', enriched);
    await call();
    await recordFailure(database.db, {
      stage: 'embed',
      subject: 'stuck',
      data: null,
      attributes: {},
      error: 'too odd',
    });
    for (let cycle = 0; cycle < 3; cycle++) {
      await database.db.query(`update requeues set attempts = 6, next_at = now()`);
      assert.equal(((await call()).given_up as typeof none).embed, 1);
      const { rows } = await database.db.query<{ error: string }>('select error from quarantine');
      assert.match(rows[0]!.error, /^Pending after 6 more nudges[^\n]*\nbefore: too odd$/);
    }
  });

  test('an article that was given up and changes starts anew', async () => {
    await seed('stuck', enriched);
    await call();
    await database.db.query(`update requeues set attempts = 6, next_at = now()`);
    await call();
    await database.db.query(`update news set image_url = 'https://www.gov.br/other.jpg'`);
    await database.db.query(`update quarantine set last_failed_at = now() - interval '7 hours'`);
    assert.deepEqual((await call()).requeued, { ...none, embed: 1 });
    const { rows } = await database.db.query('select attempts, announced_version as version from requeues');
    assert.deepEqual(rows, [{ attempts: 1, version: 2 }]);
  });

  test('forgets the attempts of what was reached', async () => {
    await seed('a', enriched);
    await call();
    await database.db.query(`update news set ${synced}`);
    await wait();
    await call();
    assert.equal((await database.db.query('select from requeues')).rowCount, 0);
  });

  test('leaves what a stage refused alone for six hours, then asks again', async () => {
    await seed('refused');
    const entry = { stage: 'enrich', subject: 'refused', data: null, attributes: {}, error: 'PermanentError' };
    await recordFailure(database.db, entry);
    assert.deepEqual((await call()).requeued, { enrich: 0, embed: 0, sync: 0 });
    await database.db.query("update quarantine set last_failed_at = now() - interval '7 hours'");
    assert.deepEqual((await call()).requeued, { enrich: 1, embed: 0, sync: 0 });
  });

  test('makes what a new enricher and a new model ask for pending without a row that changed', async () => {
    await seed('lesser', synced.replace('enriched_rank = 1', 'enriched_rank = 0'));
    await seed('other-model', synced.replace(`'m'`, `'old'`));
    await call();
    assert.deepEqual(nudges(recorder.published), ['scraped lesser 1', 'enriched other-model 1']);
  });

  test('sends what was committed and never published, with its own attributes', async () => {
    const message = {
      topic: 'synced' as const,
      data: { unique_id: 'a', version: 1 },
      attributes: { traceparent: 'own' },
    };
    await insertOutboxMessages(database.db, [message, message]);
    await database.db.query(
      `update outbox set created_at = now() - interval '1 hour' where id = (select min(id) from outbox)`,
    );
    assert.deepEqual((await call()).relayed, { published: 1, refused: 0 });
    assert.deepEqual(
      recorder.published.map(({ attributes }) => attributes),
      [{ traceparent: 'own' }],
    );
    assert.equal((await database.db.query('select from outbox')).rowCount, 1);
  });

  test('a broker that fails loses no nudge: it waits in the outbox, beside the note of its pause', async () => {
    await seed('a');
    recorder.failWith = new Error('no broker');
    assert.deepEqual((await call()).requeued, { enrich: 1, embed: 0, sync: 0 });
    recorder.failWith = undefined;
    await database.db.query(`update outbox set created_at = now() - interval '1 hour'`);
    const { relayed, requeued } = await call();
    assert.deepEqual([relayed, requeued], [{ published: 1, refused: 0 }, none]);
    assert.deepEqual(nudges(recorder.published), ['scraped a 1']);
  });

  test('deletes old runs but the first and the last success of a source, and rows closed long ago', async () => {
    const { db } = database;
    await db.query('truncate scrape_runs');
    await db.query(`insert into scrape_runs (agency_key, source_url, start_date, end_date, status, started_at)
      select 'mec', url, '2026-01-01', '2026-01-01', status, now() - make_interval(days => age)
      from (values ('a', 'failed', 400), ('a', 'succeeded', 390), ('a', 'succeeded', 380), ('a', 'failed', 370),
        ('a', 'failed', 10), ('b', 'succeeded', 400), ('b', 'succeeded', 390), ('b', 'succeeded', 10),
        ('b', 'running', 300)) as run (url, status, age)`);
    await db.query(`insert into quarantine (stage, subject, error, closed_at) values
      ('scrape', 'open', 'e', null), ('scrape', 'old', 'e', now() - interval '91 days'),
      ('scrape', 'young', 'e', now() - interval '89 days')`);
    assert.deepEqual((await call()).pruned, { scrape_runs: 4, quarantine: 1 });
    const { rows } = await db.query<{ run: string }>(
      `select source_url || ' ' || status || ' ' || (now()::date - started_at::date) as run from scrape_runs order by 1`,
    );
    assert.deepEqual(
      rows.map(({ run }) => run),
      ['a failed 10', 'a failed 400', 'a succeeded 380', 'b succeeded 10', 'b succeeded 400'],
    );
    await db.query('truncate scrape_runs');
  });

  test('one line a run says what it did', async () => {
    recorder.lines.length = 0;
    await seed('a');
    await call();
    assert.equal(recorder.lines.length, 1);
    const { severity, message, requeued, durationMs } = recorder.lines[0]!;
    assert.deepEqual([severity, message, requeued], ['INFO', 'run done', { ...none, enrich: 1 }]);
    assert.equal(typeof durationMs, 'number');
  });

  test('goes through a backlog of many pages, and leaves the rest of a large one to the next run', async () => {
    await seed('a');
    await database.db.query(
      `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title, url, enriched_revision, enriched_rank)
       select 'b' || number, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title, url, 1, 1
       from news, generate_series(1, 5200) as number`,
    );
    const { requeued } = await call();
    assert.deepEqual(requeued, { enrich: 1, embed: 5000, sync: 0 });
    const ids = nudges(recorder.published).map((nudge) => nudge.split(' ')[1]);
    assert.equal(new Set(ids).size, ids.length);
  });
});
