import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { readArticle, seedArticle, seedThemes } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

describe('version and revision of news', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let id: string;
  before(async () => {
    database = await createTestDatabase();
    await seedThemes(database.db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await database.db.query('truncate news cascade');
    id = (await seedArticle(database.db)).unique_id;
  });

  const counters = async () => {
    const { version, revision } = await readArticle(database.db, id);
    return { version, revision };
  };
  const update = (set: string) => database.db.query(`update news set ${set}`);
  const theme = (code: string) => `(select id from themes where code = '${code}')`;
  const vector = (value: number) => `array_fill(${value}::real, array[768])::vector`;

  test('both begin at 1', async () => {
    assert.deepEqual(await counters(), { version: 1, revision: 1 });
  });

  for (const set of [`title = 'Outro'`, `subtitle = null`, `editorial_lead = 'Chapéu'`, `content = content || ' '`]) {
    test(`${set} is a new revision, and a new version`, async () => {
      await update(set);
      assert.deepEqual(await counters(), { version: 2, revision: 2 });
      await update(set.includes('||') ? 'content = content' : set);
      assert.deepEqual(await counters(), { version: 2, revision: 2 }, 'the same again is none');
    });
  }

  for (const set of [
    `agency_name = 'Outro'`,
    `published_at = published_at + interval '1 microsecond'`,
    `updated_datetime = now()`,
    `url = 'https://www.gov.br/outra'`,
    `image_url = null`,
    `video_url = 'https://www.gov.br/v.mp4'`,
    `category = 'Outra'`,
    `tags = '{escolas,obras}'`,
    `theme_l1_id = ${theme('01')}`,
    `theme_l2_id = ${theme('01.01')}`,
    `theme_l3_id = ${theme('02')}`,
    `summary = 'Resumo.'`,
    `content_hash = null`,
    `content_embedding = ${vector(0.5)}`,
    `removed_at = now()`,
  ]) {
    test(`${set} is a new version only`, async () => {
      await update(set);
      assert.deepEqual(await counters(), { version: 2, revision: 1 });
    });
  }

  test('"R$ 1,5" and "R$ 15" are two revisions', async () => {
    await update(`content = 'Custa R$ 1,5'`);
    await update(`content = 'Custa R$ 15'`);
    assert.deepEqual(await counters(), { version: 3, revision: 3 });
  });

  test('another vector of the same length is a new version, the same again is none', async () => {
    await update(`content_embedding = ${vector(0.5)}`);
    await update(`content_embedding = ${vector(0.25)}`);
    await update(`content_embedding = ${vector(0.25)}`);
    assert.deepEqual(await counters(), { version: 3, revision: 1 });
  });

  test('the same vector of another model is one new version', async () => {
    await update(`content_embedding = ${vector(0.5)}, embedding_model = 'a'`);
    await update(`content_embedding = ${vector(0.5)}, embedding_model = 'b'`);
    await update(`content_embedding = ${vector(0.25)}, embedding_model = 'c'`);
    await update(`content_embedding = content_embedding, embedding_model = 'c'`);
    assert.deepEqual(await counters(), { version: 4, revision: 1 });
  });

  test('the marks of the stages and of a visit are no new version', async () => {
    await update(
      `enriched_revision = 1, enriched_by = 'x', enriched_rank = 3, enriched_at = now(), embedded_text_hash = 'x',
       embedding_model = 'x', embedding_generated_at = now(), synced_version = 1, synced_at = now(),
       sync_lease_token = gen_random_uuid(), sync_lease_until = now(), last_seen_at = now(),
       published_at_source = 'page', legacy_unique_id = null, canonical_url = null`,
    );
    assert.deepEqual(await counters(), { version: 1, revision: 1 });
  });

  test('another time of extraction is a new version: readers of the dataset see it', async () => {
    await update(`extracted_at = extracted_at + interval '1 second'`);
    assert.deepEqual(await counters(), { version: 2, revision: 1 });
  });

  test('what the dataset cannot hold is refused', async () => {
    for (const change of [
      `published_at = '0001-01-01T00:00Z'`,
      `published_at = 'infinity'`,
      `updated_datetime = '10000-01-02Z'`,
      `updated_datetime = '-infinity'`,
      `extracted_at = '2300-01-01Z'`,
      `tags = '{{a,b},{c,d}}'`,
    ]) {
      await assert.rejects(update(change), /news_\w+_check/, change);
    }
  });

  test('a statement cannot set the counters back while it changes the text', async () => {
    await update(`title = 'Outro', version = 1, revision = 1`);
    assert.deepEqual(await counters(), { version: 2, revision: 2 });
  });

  test('the most specific theme is the deepest that is set', async () => {
    const deepest = async () => (await readArticle(database.db, id)).most_specific_theme_id;
    const { rows } = await database.db.query<{ code: string; id: number }>('select code, id from themes');
    const ids = Object.fromEntries(rows.map((row) => [row.code, row.id]));
    assert.equal(await deepest(), null);
    await update(`theme_l1_id = ${theme('01')}`);
    assert.equal(await deepest(), ids['01']);
    await update(`theme_l2_id = ${theme('01.01')}`);
    assert.equal(await deepest(), ids['01.01']);
    await update(`theme_l2_id = null`);
    assert.equal(await deepest(), ids['01']);
  });

  test('a new name or key of the agency is a new version of its articles only', async () => {
    const other = await seedArticle(database.db, { agencyKey: 'saude', canonicalUrl: 'https://www.gov.br/saude/1' });
    await database.db.query(`update agencies set name = 'MEC' where key = 'mec'`);
    assert.deepEqual(await counters(), { version: 2, revision: 1 });
    await database.db.query(`update agencies set key = 'educacao' where key = 'mec'`);
    const row = await readArticle(database.db, id);
    assert.deepEqual([row.version, row.agency_key, row.agency_name], [3, 'educacao', 'MEC']);
    await database.db.query(`update agencies set name = name, url = 'https://www.gov.br'`);
    assert.deepEqual(await counters(), { version: 3, revision: 1 });
    assert.equal((await readArticle(database.db, other.unique_id)).version, 1);
    await database.db.query(`update agencies set key = 'mec', name = 'Ministério da Educação' where key = 'educacao'`);
  });

  test('a new label of a theme is a new version of the articles that show it, at any level', async () => {
    await update(`theme_l1_id = ${theme('01')}, theme_l2_id = ${theme('01.01')}`);
    await database.db.query(`update themes set label = label || '!' where code in ('01.01', '02')`);
    assert.deepEqual(await counters(), { version: 3, revision: 1 });
    await database.db.query(`update themes set keywords = '{juros}', description = 'x'`);
    assert.deepEqual(await counters(), { version: 3, revision: 1 });
  });

  test('new features are a new version, the same again are none', async () => {
    const write = (features: string) =>
      database.db.query(
        `insert into news_features values ($1, $2) on conflict (unique_id) do update set features = excluded.features`,
        [id, features],
      );
    await write('{"view_count": 1}');
    assert.deepEqual(await counters(), { version: 2, revision: 1 });
    await write('{"view_count": 1}');
    assert.deepEqual(await counters(), { version: 2, revision: 1 });
    await write('{"view_count": 2}');
    assert.deepEqual(await counters(), { version: 3, revision: 1 });
    await database.db.query('delete from news_features');
    assert.deepEqual(await counters(), { version: 4, revision: 1 });
  });

  test('an article goes with its features, and takes them along to another id', async () => {
    await database.db.query(`insert into news_features values ($1, '{}')`, [id]);
    await update(`unique_id = 'outro_123456'`);
    const { rows } = await database.db.query('select unique_id from news_features');
    assert.deepEqual(rows, [{ unique_id: 'outro_123456' }]);
    await database.db.query('delete from news');
    assert.equal((await database.db.query('select from news_features')).rowCount, 0);
  });
});
