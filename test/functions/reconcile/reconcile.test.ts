import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
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

  async function call(status = 200) {
    const answer = await fetch(server.url, { method: 'POST' });
    assert.equal(answer.status, status);
    return (await answer.json()) as Record<string, unknown>;
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

  test('finds nothing to do where all is done', async () => {
    await seed('a', synced);
    assert.deepEqual(await call(), {
      relayed: { published: 0, refused: 0 },
      requeued: { enrich: 0, embed: 0, sync: 0 },
    });
    assert.deepEqual(recorder.published, []);
  });

  test('nudges each overdue article at the first stage that is pending, once', async () => {
    await seed('to-enrich');
    await seed('to-embed', enriched);
    await seed('to-sync', embedded);
    await seed('done', synced);
    await seed('young', 'title = title', new Date());
    const requeued = { enrich: 1, embed: 1, sync: 1 };
    assert.deepEqual(await call(), { relayed: { published: 0, refused: 0 }, requeued });
    assert.deepEqual(nudges(recorder.published), ['scraped to-enrich 1', 'enriched to-embed 1', 'embedded to-sync 1']);
    assert.equal(recorder.published[0]!.attributes.event_version, '1');
    assert.deepEqual(
      await call(),
      { relayed: { published: 0, refused: 0 }, requeued },
      'again in the next run, until it is done',
    );
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

  test('a broker that fails makes the schedule try again, and loses nothing', async () => {
    await seed('a');
    recorder.failWith = new Error('no broker');
    assert.deepEqual(await call(500), { error: 'no broker' });
    recorder.failWith = undefined;
    assert.deepEqual((await call()).requeued, { enrich: 1, embed: 0, sync: 0 });
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
