import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openEnricher } from '../../../functions/enrich/config.ts';
import { config, reconcileOptions } from '../../../functions/reconcile/config.ts';
import { type ReconcileReport, reconcile } from '../../../functions/reconcile/reconcile.ts';
import { toDocument } from '../../../functions/sync/document.ts';
import { postgresIndex } from '../../../functions/sync/search-index.ts';
import { readDocumentSources } from '../../../functions/sync/sql.ts';
import { loadConfig } from '../../../shared/config.ts';
import { enricherRanks } from '../../../shared/enricher-settings.ts';
import { postgresIndexId } from '../../../shared/search-index-settings.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { createTypesense, type Typesense } from '../../../shared/typesense.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';
import { createRecorder, nudges } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { openTypesenseIndex } from '../../support/typesense-index.ts';
import { seedFinished } from './support.ts';

test('the ids of search indexes and the ranks of enrichers are those of the functions that write them', () => {
  assert.equal(postgresIndexId, postgresIndex.id);
  for (const ENRICHER of ['local', 'http'] as const) {
    assert.equal(openEnricher({ ENRICHER, ENRICHER_URL: 'http://127.0.0.1:1' }).rank, enricherRanks[ENRICHER]);
  }
  const { targets, openIndex } = reconcileOptions(loadConfig(config, { EMBEDDING_MODEL_NAME: 'm' }));
  assert.deepEqual(
    [targets, openIndex],
    [{ enricherRank: 1, embeddingModel: 'm', searchIndex: 'postgres' }, undefined],
  );
  assert.throws(() => reconcileOptions(loadConfig(config, { SEARCH_INDEX: 'typesense' })), /needs TYPESENSE_HOST/);
});

describe('comparing with Typesense', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: TypesenseStandIn;
  let typesense: Typesense;
  let options: ReturnType<typeof reconcileOptions>;
  let index: string;
  const recorder = createRecorder();
  const ids = ['a', 'b', 'c', 'd', 'e'];

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());
  beforeEach(async () => {
    server = await startTypesense({ apiKey: 'key' });
    const { host, port } = server;
    typesense = createTypesense({ host, port, protocol: 'http', apiKey: 'key' });
    options = reconcileOptions(
      loadConfig(config, {
        SEARCH_INDEX: 'typesense',
        TYPESENSE_HOST: host,
        TYPESENSE_PORT: String(port),
        TYPESENSE_API_KEY: 'key',
      }),
    );
    await database.db.query('truncate news, outbox, quarantine, comparisons, search_collections cascade');
    index = (await options.openIndex!(database.db)).id;
    recorder.published.length = 0;
    assert.equal((await openTypesenseIndex(typesense, database.db)).id, index);
    await seedFinished(database.db, ids, index);
    await write(ids);
  });
  afterEach(async () => {
    typesense.close();
    await server.close();
  });

  /** Writes documents as `sync` does. */
  async function write(of: readonly string[]) {
    await typesense.importDocuments((await readDocumentSources(database.db, of)).map(toDocument));
  }
  async function run(): Promise<ReconcileReport> {
    return await reconcile(contextFrom(), { ...recorder, db: database.db, ...options });
  }
  /** Eight rounds look at each day by version once. */
  async function runAllRounds() {
    const sum = { missing: 0, stale: 0, orphaned: 0, repaired: 0, removed: 0, days_by_version: 0 };
    for (let round = 0; round < 8; round++) {
      const { compared } = await run();
      assert.ok(compared && 'missing' in compared, JSON.stringify(compared));
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += compared[key];
    }
    return sum;
  }
  const nothing = { missing: 0, stale: 0, orphaned: 0, repaired: 0, removed: 0 };

  test('an index that shows all leaves nothing to do, and each day is read by version once in eight rounds', async () => {
    assert.deepEqual(await runAllRounds(), { ...nothing, days_by_version: 5 });
    assert.deepEqual(recorder.published, []);
  });

  test('a missing document is found by its count, made pending once, and announced', async () => {
    await typesense.deleteDocument('c');
    const { compared, requeued } = await run();
    assert.ok(compared && 'missing' in compared);
    assert.deepEqual([compared.missing, compared.repaired, compared.days], [1, 1, ['2026-11-01', '2026-11-05']]);
    assert.deepEqual(nudges(recorder.published), ['embedded c 1']);
    assert.equal(requeued.sync, 0);
    const again = await run();
    assert.ok(again.compared && 'missing' in again.compared);
    assert.deepEqual([again.compared.missing, again.requeued.sync, recorder.published.length], [0, 0, 1]);
    const { rows } = await database.db.query<{ unique_id: string; version: number }>(
      'select unique_id, version from news where synced_version < version',
    );
    assert.deepEqual(rows, [{ unique_id: 'c', version: 1 }]);
  });

  test('an older document and one of a removed article are found within eight rounds', async () => {
    await database.db.query(`update news set image_url = 'https://www.gov.br/x.jpg' where unique_id = 'b'`);
    await database.db.query(`update news set removed_at = now() where unique_id = 'd'`);
    await database.db.query('update news set synced_version = version');
    const { stale, repaired } = await runAllRounds();
    assert.deepEqual([stale, repaired], [2, 2]);
    assert.deepEqual(nudges(recorder.published).sort(), ['embedded b 2', 'embedded d 2']);
  });

  test('a document that is newer than its row is written again: the database was set back', async () => {
    await database.db.query(`update news set version = 7, synced_version = 7 where unique_id = 'b'`);
    await write(['b']);
    await database.db.query(`update news set version = 2, synced_version = 2 where unique_id = 'b'`);
    assert.deepEqual((await runAllRounds()).repaired, 1);
  });

  test('what is pending anyway, or is being written, is no fault', async () => {
    await database.db.query(`update news set version = 2 where unique_id = 'b'`);
    await typesense.deleteDocument('c');
    await database.db.query(`update news set sync_lease_until = now() + interval '1 minute' where unique_id = 'c'`);
    await database.db.query(`update news set synced_index = 'other' where unique_id = 'd'`);
    await typesense.deleteDocument('d');
    assert.equal((await runAllRounds()).repaired, 0);
  });

  test('a document without an article is deleted, wherever in time it lies; one that only moved is not', async () => {
    const [document] = (await readDocumentSources(database.db, ['a'])).map(toDocument);
    const at = (day: string) => Date.parse(`${day}T12:00:00Z`) / 1000;
    await typesense.importDocuments([
      { ...document!, id: 'x', unique_id: 'x', published_at: at('2026-11-03') },
      { ...document!, id: 'y', unique_id: 'y', published_at: 0 },
      { ...document!, id: 'z', unique_id: 'z', published_at: at('2030-01-01') },
      { ...document!, published_at: at('2026-11-02') },
    ]);
    const { orphaned, removed } = await runAllRounds();
    assert.deepEqual([orphaned, removed], [3, 3]);
    assert.deepEqual(
      server
        .documents('news')
        .map(({ id }) => id)
        .sort(),
      ids,
    );
  });

  test('a day with more to repair than one run does is gone on with by the next', async () => {
    const [source] = (await readDocumentSources(database.db, ['c'])).map(toDocument);
    await typesense.importDocuments(
      Array.from({ length: 1100 }, (_, index) => ({ ...source!, id: `orphan-${index}` })),
    );
    const runs = [await run(), await run()].map(({ compared }) => {
      assert.ok(compared && 'removed' in compared);
      return [compared.removed, compared.days];
    });
    assert.deepEqual(runs, [
      [1000, ['2026-11-01', '2026-11-02']],
      [100, ['2026-11-03', '2026-11-05']],
    ]);
    assert.deepEqual(
      server
        .documents('news')
        .map(({ id }) => id)
        .sort(),
      ids,
    );
  });

  test('a database without articles deletes nothing', async () => {
    await database.db.query('truncate news cascade');
    const { compared } = await run();
    assert.ok(compared && 'days' in compared);
    assert.deepEqual([compared.days, server.documents('news').length], [null, 5]);
  });

  test('an index that does not answer is said, and keeps no run from the rest', async () => {
    await database.db.query(`update news set enriched_revision = 0 where unique_id = 'a'`);
    await server.close();
    const { compared, requeued } = await run();
    assert.match((compared as { error: string }).error, /^RetryableError: Typesense GET/);
    assert.equal(requeued.enrich, 1);
    typesense.close();
  });

  test('a long archive is compared over runs, each going on where the last one ended', async () => {
    await database.db.query(`update news set published_at = '2026-01-01T12:00Z' where unique_id = 'a'`);
    await write(['a']);
    const days = [];
    for (let runs = 0; runs < 5; runs++) {
      const { compared } = await run();
      assert.ok(compared && 'days' in compared);
      days.push([...compared.days!, compared.days_by_count]);
    }
    assert.deepEqual(days, [
      ['2026-01-01', '2026-04-10', 100],
      ['2026-04-11', '2026-07-19', 100],
      ['2026-07-20', '2026-10-27', 100],
      ['2026-10-28', '2026-11-05', 9],
      ['2026-01-01', '2026-04-10', 100],
    ]);
  });
});
