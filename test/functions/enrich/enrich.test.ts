import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Enricher } from '../../../functions/enrich/enricher.ts';
import { createHandler } from '../../../functions/enrich/handler.ts';
import { createTaxonomyReader } from '../../../functions/enrich/taxonomy.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { relayOutbox } from '../../../shared/outbox.ts';
import { createRecorder, nudges, push, readArticle, seedArticle, seedThemes } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('enrich', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  /** Runs while the enricher works on a text. */
  let during: (title: string) => Promise<void> = async () => {};
  let calls = 0;
  const enricher: Enricher = {
    name: 'test-1',
    rank: 1,
    enrich: async ({ title, content }) => {
      calls++;
      await during(title);
      return {
        themes: { level1: '01', level2: '01.01', level3: null },
        summary: `Resumo de ${title}: ${content.length}`,
        features: { word_count: content.length },
      };
    },
  };

  before(async () => {
    database = await createTestDatabase();
    await seedThemes(database.db);
    const taxonomy = createTaxonomyReader(database.db);
    server = await serveFunction('enrich', createHandler({ ...recorder, db: database.db, enricher, taxonomy }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine cascade');
    recorder.published.length = 0;
    recorder.lines.length = 0;
    recorder.failWith = undefined;
    during = async () => {};
    calls = 0;
  });

  const rowCount = async (table: string) => (await database.db.query(`select from ${table}`)).rowCount;
  const edit = (set: string) => database.db.query(`update news set ${set}`);

  test('writes themes, summary and features, and announces the version that then stands', async () => {
    const message = await seedArticle(database.db, { videoUrl: 'https://www.gov.br/v.mp4', imageUrl: null });
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    const { rows } = await database.db.query(`select code from themes where id in ($1, $2) order by code`, [
      row.theme_l1_id,
      row.most_specific_theme_id,
    ]);
    assert.deepEqual(rows, [{ code: '01' }, { code: '01.01' }]);
    assert.match(row.summary as string, /^Resumo de /);
    assert.deepEqual([row.enriched_revision, row.enriched_by, row.enriched_rank, row.revision], [1, 'test-1', 1, 1]);
    const { rows: features } = await database.db.query<{ features: object }>('select features from news_features');
    assert.deepEqual(features[0]!.features, { word_count: 54, has_image: false, has_video: true });
    assert.deepEqual(nudges(recorder.published), [`enriched ${message.unique_id} ${row.version}`]);
    assert.equal(await rowCount('outbox'), 0);
  });

  test('five deliveries of one message at a time write once and announce one version', async () => {
    const message = await seedArticle(database.db);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => push(server.url, message)));
    assert.deepEqual(statuses, Array(5).fill(204));
    const { version } = await readArticle(database.db, message.unique_id);
    assert.equal(await rowCount('news_features'), 1);
    const announced = nudges(recorder.published).filter(
      (nudge) => nudge === `enriched ${message.unique_id} ${version}`,
    );
    assert.equal(announced.length, 1);
    assert.equal(recorder.lines.filter(({ outcome }) => outcome === 'done').length, 1);
  });

  test('an edit while it works ends with the results of the last text, announced once', async () => {
    const message = await seedArticle(database.db);
    during = async (title) => {
      if (title !== 'Editada') await edit(`title = 'Editada', content = 'Nova.'`);
    };
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    assert.equal(row.summary, 'Resumo de Editada: 5');
    assert.deepEqual([row.revision, row.enriched_revision], [2, 2]);
    assert.equal(calls, 2);
    assert.deepEqual(nudges(recorder.published), [`enriched ${message.unique_id} ${row.version}`]);
  });

  test('edited tags while it works do not make it start again', async () => {
    const message = await seedArticle(database.db);
    during = async () => void (await edit(`tags = '{novas}'`));
    assert.equal(await push(server.url, message), 204);
    assert.equal(calls, 1);
    assert.equal((await readArticle(database.db, message.unique_id)).enriched_revision, 1);
  });

  test('a text that never rests goes back to the queue', async () => {
    const message = await seedArticle(database.db);
    during = async () => void (await edit(`content = content || '.'`));
    assert.equal(await push(server.url, message), 500);
    const row = await readArticle(database.db, message.unique_id);
    assert.deepEqual([row.enriched_revision, row.summary], [0, null]);
    assert.equal(calls, 5);
  });

  test('a late message of an enriched text does nothing but nudge the next stage that is pending', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    recorder.published.length = 0;
    await push(server.url, { ...message, version: 99 });
    assert.deepEqual(nudges(recorder.published), [`enriched ${message.unique_id} 99`]);
    await edit(`embedded_text_hash = embedding_text_hash`);
    await push(server.url, message);
    assert.deepEqual(nudges(recorder.published).slice(1), [`embedded ${message.unique_id} 1`]);
    await edit('synced_version = version');
    await push(server.url, message);
    assert.equal(recorder.published.length, 2);
    assert.equal(calls, 1);
  });

  test('the work of a better enricher is left alone, even when it comes while this one works', async () => {
    const message = await seedArticle(database.db);
    during = async () =>
      void (await edit(`summary = 'Melhor.', enriched_revision = revision, enriched_by = 'llm', enriched_rank = 9`));
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    assert.deepEqual([row.summary, row.enriched_by, row.enriched_rank], ['Melhor.', 'llm', 9]);
    assert.equal(await rowCount('news_features'), 0);
    await push(server.url, message);
    assert.equal(calls, 1);
  });

  test('the work of a lesser enricher is done again, keeping features that this one does not know', async () => {
    const message = await seedArticle(database.db);
    await edit(`summary = 'Pior.', enriched_revision = revision, enriched_by = 'none', enriched_rank = 0`);
    await database.db.query(`insert into news_features values ($1, '{"view_count": 7, "word_count": 1}')`, [
      message.unique_id,
    ]);
    await push(server.url, message);
    const { rows } = await database.db.query<{ features: object }>('select features from news_features');
    assert.deepEqual(rows[0]!.features, { view_count: 7, word_count: 54, has_image: true, has_video: false });
    assert.equal((await readArticle(database.db, message.unique_id)).enriched_by, 'test-1');
  });

  test('the same results again are no new version', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    const { version } = await readArticle(database.db, message.unique_id);
    await edit('enriched_revision = 0');
    await push(server.url, message);
    assert.equal(calls, 2);
    assert.equal((await readArticle(database.db, message.unique_id)).version, version);
  });

  test('a crash between commit and publish leaves the message to the relay', async () => {
    const message = await seedArticle(database.db);
    recorder.failWith = new Error('crashed');
    assert.equal(await push(server.url, message), 204);
    assert.equal((await readArticle(database.db, message.unique_id)).enriched_revision, 1);
    recorder.failWith = undefined;
    assert.deepEqual(await relayOutbox({ ...recorder, db: database.db }, 0), { published: 1, refused: 0 });
    const { version } = await readArticle(database.db, message.unique_id);
    assert.deepEqual(nudges(recorder.published), [`enriched ${message.unique_id} ${version}`]);
  });

  test('a nudge that cannot be published asks for redelivery', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    recorder.failWith = new Error('no broker');
    assert.equal(await push(server.url, message), 500);
  });

  test('a text that the enricher refuses is recorded, and closed once an edit gets through', async () => {
    const message = await seedArticle(database.db);
    during = async () => {
      throw new PermanentError('refused');
    };
    assert.equal(await push(server.url, message), 204);
    const open = async () => (await database.db.query('select subject from quarantine where closed_at is null')).rows;
    assert.deepEqual(await open(), [{ subject: message.unique_id }]);
    during = async () => {};
    await push(server.url, message);
    assert.deepEqual(await open(), []);
  });

  test('a failure recorded after another delivery did the work is closed by the next message', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    await database.db.query(`insert into quarantine (stage, subject, error) values ('enrich', $1, 'late')`, [
      message.unique_id,
    ]);
    await push(server.url, message);
    assert.equal((await database.db.query('select from quarantine where closed_at is null')).rowCount, 0);
  });

  test('an article without a row is asked for again', async () => {
    assert.equal(await push(server.url, { unique_id: 'ausente_123456', version: 1 }), 500);
  });
});
