import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openPglite } from '../../infra/local/pglite.ts';
import { migrateUp } from '../../infra/migrate.ts';
import type { Database } from '../../shared/database.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { storeArticles } from '../../shared/sql/store-articles.ts';
import { sessionSettings } from '../../shared/storage-settings.ts';
import { articleInput, seedArticle, seedThemes } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const journal = async (db: Database) => {
  const { rows } = await db.query<{ unique_id: string; version: number }>(
    'select unique_id, version from hub_journal order by unique_id',
  );
  return rows.map(({ unique_id, version }) => [unique_id, version]);
};

describe('the journal for the dataset', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let plain: Database;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    plain = database.db;
    db = await openPostgres({ url: database.url }, { sessionSettings: sessionSettings('dual_write') });
    await seedThemes(plain);
  });
  beforeEach(() => plain.query('truncate news, hub_journal cascade'));
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  test('has no rows of sessions that write to Postgres alone', async () => {
    const { unique_id: id } = await seedArticle(plain);
    await plain.query(`update news set title = 'Outro' where unique_id = $1`, [id]);
    await plain.query('delete from news');
    assert.deepEqual(await journal(plain), []);
  });

  test('has an insert, and then the latest version alone', async () => {
    const { unique_id: id } = await seedArticle(db);
    assert.deepEqual(await journal(db), [[id, 1]]);
    await db.query(`update news set title = 'Outro' where unique_id = $1`, [id]);
    await db.query(`update news set summary = 'Resumo' where unique_id = $1`, [id]);
    assert.deepEqual(await journal(db), [[id, 3]]);
  });

  test('has every connection of a pool, and sessions of the backend huggingface', async () => {
    const reader = await openPostgres({ url: database.url }, { sessionSettings: sessionSettings('huggingface') });
    const setting = "select pg_sleep(0.05), current_setting('destaques.storage_backend') as backend";
    const settings = await Promise.all(Array.from({ length: 4 }, () => reader.query<{ backend: string }>(setting)));
    await seedArticle(reader);
    await reader.close();
    assert.deepEqual(new Set(settings.map(({ rows }) => rows[0]!.backend)), new Set(['huggingface']));
    assert.equal((await journal(db)).length, 1);
  });

  test('has the sessions of a URL with options of its own', async () => {
    const url = `${database.url}?options=${encodeURIComponent('-c work_mem=8MB')}`;
    const other = await openPostgres({ url }, { sessionSettings: sessionSettings('dual_write') });
    await seedArticle(other);
    const { rows } = await other.query<{ work_mem: string }>('show work_mem');
    await other.close();
    assert.deepEqual([rows[0]!.work_mem, (await journal(db)).length], ['8MB', 1]);
  });

  test('is untouched by a visit and by marks of stages', async () => {
    const { unique_id: id } = await seedArticle(plain);
    await db.query('update news set last_seen_at = now(), enriched_revision = revision, synced_version = version');
    await storeArticles(db, [articleInput()]);
    assert.deepEqual(await journal(db), []);
    assert.equal((await db.query('select from news where unique_id = $1', [id])).rowCount, 1);
  });

  test('has what a change of a label, a theme or a feature shows', async () => {
    const { unique_id: id } = await seedArticle(plain);
    await db.query(`update news set theme_l1_id = (select id from themes where code = '02')`);
    await db.query(`update themes set label = 'Ensino' where code = '02'`);
    await db.query(`update agencies set name = 'MEC' where key = 'mec'`);
    await db.query(`insert into news_features (unique_id, features) values ($1, '{}')`, [id]);
    assert.deepEqual(await journal(db), [[id, 5]]);
  });

  test('has removals, returns and deletions, and an article that begins anew', async () => {
    const { unique_id: id } = await seedArticle(plain);
    await db.query('update news set removed_at = now()');
    assert.deepEqual(await journal(db), [[id, 2]]);
    await db.query('update news set removed_at = null');
    await db.query('delete from news');
    assert.deepEqual(await journal(db), [[id, 4]]);
    await seedArticle(db);
    assert.deepEqual(await journal(db), [[id, 5]], 'grows, though the article is at version 1 again');
  });

  test('has nothing of a transaction that is rolled back', async () => {
    const failing = db.transaction(async (tx) => {
      await storeArticles(tx, [articleInput()]);
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(await journal(db), []);
  });
});

test('the journal is written in the embedded database too', async () => {
  const db = await openPglite();
  await migrateUp(db);
  await seedArticle(db, { title: 'Antes' });
  await db.query(`select set_config('destaques.storage_backend', 'dual_write', false)`);
  await db.transaction((tx) => storeArticles(tx, [articleInput({ canonicalUrl: 'https://www.gov.br/b' })]));
  assert.equal((await journal(db)).length, 1);
  await db.close();
});
