import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../../shared/database.ts';
import { type ArticleFilter, matching } from '../../../shared/sql/article-filter.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import { nearestArticles, prepareNearest, vectorIndexName } from '../../../shared/sql/nearest.ts';
import { encoder } from '../../functions/api/api-server.ts';
import { type SeedArticle, seedArticles, seedCatalogue } from '../../functions/api/seed.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const [vector] = await encoder.encode(['pescadores artesanais do litoral']);

describe('nearest articles', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    await seedCatalogue(db);
    const near = Array.from({ length: 400 }, (_, index): SeedArticle => {
      return { id: `perto-${index}_000000`, title: `Pesca artesanal no litoral ${index}`, agency: 'mec' };
    });
    const far = Array.from({ length: 100 }, (_, index): SeedArticle => {
      return { id: `longe-${index}_000000`, title: `Orçamento trimestral ${index}`, agency: 'ibge' };
    });
    await seedArticles(db, [...near, ...far, { id: 'outro_000000', title: 'Pesca', model: 'outro' }]);
    await db.query('analyze news');
  });
  after(() => database?.drop());

  interface Nearest {
    rows: { unique_id: string; distance: number }[];
    plan: string;
    iterativeScan: string | null;
  }

  /** The neighbours, best first, and how they were found: by the index wherever there is one. */
  async function find(filter: ArticleFilter, { limit = 50, efSearch = 40 } = {}): Promise<Nearest> {
    return await db.transaction(async (tx) => {
      const index = await prepareNearest(tx, { efSearch });
      await tx.query('set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = off');
      const { bind, values } = bindings();
      const query = { model: encoder.model, vector: vector! };
      const text = nearestArticles(query, { matches: matching(filter, bind), limit, index }, bind);
      const { rows } = await tx.query<Nearest['rows'][number]>(text, values);
      const { rows: plan } = await tx.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      const { rows: settings } = await tx.query<{ scan: string | null }>(
        `select nullif(current_setting('hnsw.iterative_scan', true), '') as scan`,
      );
      rows.sort((a, b) => a.distance - b.distance);
      return { rows, plan: plan.map((line) => line['QUERY PLAN']).join('\n'), iterativeScan: settings[0]!.scan };
    });
  }

  test('come from the index, with the distance of the stored vectors, and of one model', async () => {
    const { rows, plan } = await find({}, { limit: 100 });
    assert.match(plan, new RegExp(`Index Scan using ${vectorIndexName}`));
    assert.equal(rows.length, 100);
    const { rows: exact } = await db.query<{ distance: number }>(
      'select content_embedding <=> $1::vector as distance from news where unique_id = $2',
      [`[${vector!.join(',')}]`, rows[0]!.unique_id],
    );
    assert.equal(rows[0]!.distance, exact[0]!.distance);
    assert.ok(rows.every(({ unique_id: id }) => id !== 'outro_000000'));
  });

  test('fill the page although the filter refuses what is nearest', async () => {
    const { rows, plan } = await find({ agency: ['ibge'] });
    assert.match(plan, new RegExp(`Index Scan using ${vectorIndexName}`));
    assert.equal(rows.length, 50);
    assert.ok(rows.every(({ unique_id: id }) => id.startsWith('longe')));
  });

  test('are asked by a vector in the text form of the driver too', async () => {
    const found = await db.transaction(async (tx) => {
      const { rows: stored } = await tx.query<{ vector: string }>(
        `select content_embedding as vector from news where unique_id = 'perto-7_000000'`,
      );
      const { bind, values } = bindings();
      const query = { model: encoder.model, vector: stored[0]!.vector };
      const index = await prepareNearest(tx);
      const text = nearestArticles(query, { matches: matching({}, bind), limit: 1, index }, bind);
      return (await tx.query(text, values)).rows;
    });
    assert.equal(found[0]!.unique_id, 'perto-7_000000');
  });

  test('are none to a vector of another length, as instances ask that the next release replaces', async () => {
    const { rows } = await db.transaction(async (tx) => {
      const index = await prepareNearest(tx);
      const { bind, values } = bindings();
      const query = { model: encoder.model, vector: new Float32Array(1024) };
      const text = nearestArticles(query, { matches: matching({}, bind), limit: 5, index }, bind);
      return await tx.query(text, values);
    });
    assert.deepEqual(rows, []);
  });

  test('come from an index of 32-bit vectors where that is what stands', async () => {
    await db.query(`drop index ${vectorIndexName}`);
    await db.query(`create index ${vectorIndexName} on news using hnsw (content_embedding vector_cosine_ops)`);
    const { rows, plan } = await find({ agency: ['ibge'] });
    assert.match(plan, new RegExp(`Index Scan using ${vectorIndexName}`));
    assert.equal(rows.length, 50);
  });

  test('are found without an iterative scan where pgvector has none, as many as the index gives', async () => {
    const setVersion = (version: string) =>
      db.query(`update pg_extension set extversion = $1 where extname = 'vector'`, [version]);
    const { rows: installed } = await db.query<{ version: string }>(
      `select extversion as version from pg_extension where extname = 'vector'`,
    );
    await setVersion('0.7.4');
    try {
      const { rows, iterativeScan } = await find({}, { limit: 20 });
      assert.deepEqual([rows.length, iterativeScan === 'relaxed_order'], [20, false]);
    } finally {
      await setVersion(installed[0]!.version);
    }
  });

  test('are found without any index', async () => {
    await db.query(`drop index ${vectorIndexName}`);
    assert.equal((await find({ agency: ['ibge'] }, { limit: 5 })).rows.length, 5);
  });
});
