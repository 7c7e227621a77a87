import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Queryable } from '../../../shared/database.ts';
import type { Stage, StageTargets } from '../../../shared/pending.ts';
import { listPendingArticles, type PendingFilter } from '../../../shared/sql/pending.ts';
import { seedAgency, seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('listing pending articles', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await seedAgency(database.db, 'saude', 'Ministério da Saúde');
  });
  after(() => database?.drop());
  beforeEach(() => database.db.query('truncate news cascade'));

  const seed = async (name: string, fields: Parameters<typeof seedArticle>[1] = {}) => {
    const { unique_id } = await seedArticle(database.db, {
      title: name,
      canonicalUrl: `https://www.gov.br/${name}`,
      ...fields,
    });
    await database.db.query('update news set unique_id = $2 where unique_id = $1', [unique_id, name]);
  };
  const list = async (
    stage: Stage,
    targets: StageTargets = {},
    filter: PendingFilter & { after?: string; limit?: number } = {},
  ) =>
    (await listPendingArticles(database.db, stage, targets, { after: '', limit: 100, ...filter })).map(
      ({ unique_id }) => unique_id,
    );
  const finish = () =>
    database.db.query(
      `update news set enriched_revision = revision, enriched_rank = 5, enriched_at = now(),
         embedded_text_hash = embedding_text_hash, embedding_model = 'm', embedding_generated_at = now(),
         synced_version = version, synced_index = 'm'`,
    );

  test('a new article is pending in every stage, a finished one in none', async () => {
    await seed('a');
    for (const stage of ['enrich', 'embed', 'sync'] as const) assert.deepEqual(await list(stage), ['a']);
    await finish();
    for (const stage of ['enrich', 'embed', 'sync'] as const) {
      assert.deepEqual(await list(stage, { enricherRank: 5, embeddingModel: 'm' }), []);
    }
  });

  test('a better enricher finds the work of lesser ones, a lesser one finds none', async () => {
    await seed('a');
    await finish();
    assert.deepEqual(await list('enrich', { enricherRank: 6 }), ['a']);
    assert.deepEqual(await list('enrich', { enricherRank: 1 }), []);
  });

  test('another model in force makes every vector pending, whichever way it sorts', async () => {
    await seed('a');
    await finish();
    assert.deepEqual(await list('embed', { embeddingModel: 'a' }), ['a']);
    assert.deepEqual(await list('embed', { embeddingModel: 'z' }), ['a']);
  });

  test('another search index in force makes every article pending in sync', async () => {
    await seed('a');
    await finish();
    assert.deepEqual(await list('sync', { searchIndex: 'm' }), []);
    assert.deepEqual(await list('sync', { searchIndex: 'a' }), ['a']);
    assert.deepEqual(await list('sync', { searchIndex: 'z' }), ['a']);
  });

  test('pages go on after an id, in its order', async () => {
    for (const name of ['d', 'b', 'a', 'c']) await seed(name);
    assert.deepEqual(await list('sync', {}, { limit: 2 }), ['a', 'b']);
    assert.deepEqual(await list('sync', {}, { limit: 2, after: 'b' }), ['c', 'd']);
    assert.deepEqual(await list('sync', {}, { limit: 2, after: 'd' }), []);
  });

  test('days are those of São Paulo, both ends included', async () => {
    await seed('eve', { publishedAt: new Date('2026-11-10T02:59:59Z') });
    await seed('first', { publishedAt: new Date('2026-11-10T03:00:00Z') });
    await seed('last', { publishedAt: new Date('2026-11-12T02:59:59Z') });
    await seed('next', { publishedAt: new Date('2026-11-12T03:00:00Z') });
    assert.deepEqual(await list('enrich', {}, { startDate: '2026-11-10', endDate: '2026-11-11' }), ['first', 'last']);
  });

  test('narrows to agencies, also for a predicate with two parts', async () => {
    await seed('a');
    await seed('b', { agencyKey: 'saude' });
    await finish();
    assert.deepEqual(await list('enrich', { enricherRank: 9 }, { agencies: ['saude'] }), ['b']);
    assert.deepEqual(await list('embed', { embeddingModel: 'x' }, { agencies: ['saude'], limit: 1 }), ['b']);
    assert.deepEqual(await list('enrich', { enricherRank: 9 }, { agencies: [] }), []);
  });

  test('leaves out what any stage touched within the age', async () => {
    await seed('old', { extractedAt: new Date(Date.now() - 60_000) });
    await seed('young', { extractedAt: new Date() });
    await seed('moving', { extractedAt: new Date(Date.now() - 60_000) });
    await database.db.query(`update news set enriched_at = now() where unique_id = 'moving'`);
    assert.deepEqual(await list('sync', {}, { minAgeMs: 30_000 }), ['old']);
  });

  test('reads no finished row when nothing is pending', async () => {
    const { db } = database;
    await seed('a');
    await db.query(
      `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title, url)
       select 'a' || number, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title || number, url
       from news, generate_series(1, 2000) as number`,
    );
    await finish();
    await db.query('vacuum analyze news');
    await db.session(async (client) => {
      // So small a table is read faster as a whole.
      await client.query('set enable_seqscan = off');
      const explained: Queryable = {
        query: (text, values) => client.query(`explain (analyze, costs off, timing off) ${text}`, values),
      };
      for (const stage of ['enrich', 'embed', 'sync'] as const) {
        const targets = { enricherRank: 5, embeddingModel: 'm' };
        const page = { after: '', limit: 500, minAgeMs: 1, isFirst: true };
        const plan = await listPendingArticles(explained, stage, targets, page);
        const text = plan.map((row) => Object.values(row)[0]).join('\n');
        assert.match(text, /Index.* Scan/);
        assert.doesNotMatch(text, /Seq Scan|Rows Removed/);
      }
      await client.query('reset enable_seqscan');
    });
  });
});
