import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { storeArticles } from '../../../shared/sql/store-articles.ts';
import { articleInput, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 10, 13, minute));
const numbered = (number: number, extractedAt = at(0)) =>
  articleInput({ title: `Notícia ${number}`, canonicalUrl: `https://www.gov.br/mec/${number}`, extractedAt });

describe('storing a batch of articles', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await seedAgency(database.db);
  });
  after(() => database?.drop());
  beforeEach(() => database.db.query('truncate news cascade'));

  test('tells what became of each article of a mixed batch', async () => {
    const { db } = database;
    await storeArticles(db, [
      numbered(1),
      numbered(2),
      { ...numbered(3), unique_id: 'other', legacy_unique_id: 'f'.repeat(32) },
    ]);
    const stored = await storeArticles(db, [
      { ...numbered(1), extracted_at: at(1) },
      { ...numbered(2), title: 'Editada', extracted_at: at(1) },
      { ...numbered(3), canonical_url: 'https://www.gov.br/mec/30', unique_id: 'other', extracted_at: at(1) },
      { ...numbered(1), canonical_url: 'https://www.gov.br/mec/10', unique_id: 'copy', extracted_at: at(1) },
      numbered(4),
      { ...numbered(5), agency_key: 'desconhecida' },
    ]);
    const outcome = (url: string) => {
      const { status, unique_id, version } = stored.find((article) => article.canonical_url.endsWith(`/${url}`))!;
      return [status, unique_id, version];
    };
    assert.equal(stored.length, 6);
    assert.deepEqual(outcome('1'), ['unchanged', numbered(1).unique_id, 1]);
    assert.deepEqual(outcome('2'), ['updated', numbered(2).unique_id, 2]);
    assert.deepEqual(outcome('30'), ['taken', null, null]);
    assert.deepEqual(outcome('10'), ['twin', numbered(1).unique_id, 1]);
    assert.deepEqual(outcome('4'), ['inserted', numbered(4).unique_id, 1]);
    assert.deepEqual(outcome('5'), ['unknown-agency', null, null]);
    assert.equal((await db.query('select from news')).rowCount, 4);
  });

  test('an empty batch stores nothing', async () => {
    assert.deepEqual(await storeArticles(database.db, []), []);
  });

  test('the same URL of two agencies is two articles', async () => {
    await seedAgency(database.db, 'saude', 'Ministério da Saúde');
    const mec = numbered(1);
    const saude = { ...articleInput({ agencyKey: 'saude', title: 'Notícia 1' }), canonical_url: mec.canonical_url };
    const stored = await storeArticles(database.db, [mec, saude]);
    assert.deepEqual(
      stored.map(({ status }) => status),
      ['inserted', 'inserted'],
    );
    assert.notEqual(mec.unique_id, saude.unique_id);
  });

  test('an imported row, whose date has no source, takes a date of a page and keeps its own from a first sight', async () => {
    const { db } = database;
    await storeArticles(db, [numbered(1), numbered(2)]);
    await db.query(`update news set published_at_source = 'import'`);
    const other = new Date('2026-11-01T12:00:00Z');
    const stored = await storeArticles(db, [
      { ...numbered(1, at(1)), published_at: other, published_at_source: 'page' },
      { ...numbered(2, at(1)), published_at: other, published_at_source: 'first-seen' },
    ]);
    const statuses = new Map(stored.map(({ unique_id, status }) => [unique_id, status]));
    assert.equal(statuses.get(numbered(1).unique_id), 'updated');
    assert.equal(statuses.get(numbered(2).unique_id), 'unchanged');
  });

  test('batches of the same articles in opposite order never wait for each other in a circle', async () => {
    const { db } = database;
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    await storeArticles(
      db,
      numbers.map((number) => numbered(number)),
    );
    for (let round = 1; round <= 12; round++) {
      const edited = numbers.map((number) => ({ ...numbered(number, at(round)), title: `Rodada ${round} ${number}` }));
      const results = await Promise.all([
        db.transaction((tx) => storeArticles(tx, edited)),
        db.transaction((tx) => storeArticles(tx, edited.toReversed())),
      ]);
      assert.equal(results.flat().filter(({ status }) => status === 'updated').length, numbers.length);
    }
    const { rows } = await db.query('select distinct version, revision from news');
    assert.deepEqual(rows, [{ version: 13, revision: 13 }]);
  });
});
