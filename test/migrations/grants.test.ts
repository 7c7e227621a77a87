import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import type { ImportResult } from '../../functions/import/import.ts';
import { comparedIndex } from '../../functions/reconcile/config.ts';
import { openSearchIndex } from '../../functions/sync/config.ts';
import { createBus } from '../../infra/local/bus.ts';
import { prepareDatabase } from '../../infra/local/local-database.ts';
import { type NewsSource, openNewsSource } from '../../infra/local/news-source.ts';
import { type Platform, startPlatformOn } from '../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../infra/local/scrape-tools.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder } from '../../shared/encoder.ts';
import { formatEnvelope } from '../../shared/envelope.ts';
import { silentLogger } from '../../shared/log.ts';
import { type FunctionName, pipeline, subscriptions } from '../../shared/pipeline.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { sessionSettings } from '../../shared/storage-settings.ts';
import { datasetRows, micros, shardBytes } from '../functions/import/shards.ts';
import { type SmallHub, startSmallHub } from '../shared/small-hub.ts';
import { type Sites, startSites } from '../stand-ins/sites/server.ts';
import { startTypesense, type TypesenseStandIn } from '../stand-ins/typesense.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const articleCount = 20;
const brokenCount = 1;
const apiKey = 'test-key';
const project = `test-${randomBytes(4).toString('hex')}`;
const userOf = (name: string) => `fn-${name}@${project}.local`;

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

describe('each function as its own database user', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let folder: string;
  let sites: Sites;
  let typesense: TypesenseStandIn;
  let hub: SmallHub;
  let source: NewsSource;
  const logins = new Map<FunctionName, Database>();
  /** One platform a user, of which only that user's function is called. */
  const platforms = new Map<FunctionName, Platform>();
  const urlOf = (name: FunctionName) => platforms.get(name)!.urls.get(name)!;
  const failures: string[] = [];
  const log = { ...silentLogger, warning: record, error: record };
  function record(message: string, fields: object = {}) {
    failures.push(`${message} ${JSON.stringify(fields)}`);
  }
  const bus = createBus({
    subscriptions: subscriptions().map((row) => ({
      ...row,
      maxDeliveryAttempts: 5,
      minBackoffSeconds: 0.01,
      maxBackoffSeconds: 0.01,
    })),
    log: silentLogger,
    concurrency: () => 4,
    push: async (subscription, body) => {
      const answer = await post(urlOf(subscription.function), body);
      return answer.status;
    },
  });

  before(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'grants-'));
    await prepareDatabase(database.db);
    for (const { name } of pipeline) await database.db.query(`create role "${userOf(name)}" login`);
    await database.db.query('call grant_functions($1)', [`fn-%@${project}.local`]);
    sites = await startSites({ articles: articleCount, broken: brokenCount });
    source = await openNewsSource({ articles: articleCount, site: `http://127.0.0.1:${sites.port}` });
    typesense = await startTypesense({ apiKey });
    hub = await startSmallHub();
    const search = {
      SEARCH_INDEX: 'typesense' as const,
      TYPESENSE_HOST: '127.0.0.1',
      TYPESENSE_PORT: typesense.port,
      TYPESENSE_PROTOCOL: 'http' as const,
      TYPESENSE_API_KEY: apiKey,
      EMBEDDING_DIMENSIONS: 768,
    };
    for (const { name } of pipeline) {
      const url = Object.assign(new URL(database.url), { username: userOf(name) }).href;
      // As while the dataset is written to as well: each change is journaled too.
      const options = { maxConnections: 2, sessionSettings: sessionSettings('dual_write') };
      logins.set(name, await openPostgres({ url }, options));
    }
    const index = await openSearchIndex(search, { db: logins.get('sync')!, log: silentLogger });
    const encoder = await createEncoder({ model: 'lexical' });
    for (const [name, db] of logins) {
      const options = {
        db,
        encoder,
        enricher: createLocalEnricher(),
        index,
        ...comparedIndex(search),
        source,
        scrape: createLocalScrapeTools(db, source, { data: folder }),
        datasetFolder: join(folder, 'dataset'),
        hub: { endpoint: hub.endpoint },
        port: 0,
        hasCron: false,
        log,
      };
      platforms.set(name, await startPlatformOn(() => ({ ...bus, close: async () => {} }), options));
    }
  });
  after(async () => {
    // First of all: roles belong to the whole server, and would outlive a test that failed to start.
    for (const { name } of pipeline) {
      await database.db.query(`drop owned by "${userOf(name)}"; drop role "${userOf(name)}"`);
    }
    await bus.close();
    for (const platform of platforms.values()) await platform.close();
    for (const db of logins.values()) await db.close();
    await source.close();
    await sites.close();
    await typesense.close();
    await hub.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const call = (name: FunctionName, body?: object) => platforms.get(name)!.call(name, body);
  const denied = () => failures.filter((line) => line.includes('permission denied'));

  test('the whole chain runs with the rights that they are granted', async () => {
    const { agencies, window } = source.extent!;
    await call('dispatch', { start_date: window.startDate, end_date: window.endDate, agencies });
    await bus.idle();
    await call('export');
    await call('reconcile');
    await bus.idle();
    assert.deepEqual(denied(), []);
    const { rows } = await database.db.query<Record<string, number>>(
      `select count(*) as stored, count(*) filter (where enriched_revision = revision) as enriched,
         count(*) filter (where embedded_text_hash = embedding_text_hash) as embedded,
         count(*) filter (where synced_version = version) as synced from news`,
    );
    assert.deepEqual(rows, [
      { stored: articleCount, enriched: articleCount, embedded: articleCount, synced: articleCount },
    ]);
  });

  test('what comes after a first run has its rights too: edits, reading, replays, redrives and dead letters', async () => {
    const { agencies, window } = source.extent!;
    const edited = await fetch(`http://127.0.0.1:${sites.port}/_stand-in/articles/7`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Outro título' }),
    });
    assert.ok(edited.ok);
    await call('dispatch', { start_date: window.startDate, end_date: window.endDate, agencies, allow_update: true });
    await bus.idle();
    const { rows } = await database.db.query<{ id: string }>(
      `select unique_id as id from news where title = 'Outro título'`,
    );
    assert.equal(rows.length, 1);
    const replay = { stage: 'embed', start_date: window.startDate, end_date: window.endDate, rate: 1000 };
    await call('reconcile', { replay });
    await call('reconcile', { redrive: { stage: 'scrape', agency: agencies[0], rate: 1000 } });
    await call('reconcile', { redrive: { all: true, rate: 1000 } });
    await call('reconcile');
    const letter = formatEnvelope({
      data: { unique_id: rows[0]!.id, version: 1 },
      attributes: { event_version: '1' },
      messageId: '1',
      publishTime: new Date(),
      subscription: 'projects/test/subscriptions/embed-dead-letters',
      deliveryAttempt: 1,
    });
    assert.equal((await post(urlOf('quarantine'), letter)).status, 204);
    await bus.idle();
    await call('reconcile');
    await call('export', { full_sync: true });
    for (const path of ['/health', '/status', '/search?q=escola', '/search', `/articles/${rows[0]!.id}`]) {
      const answer = await fetch(new URL(path, urlOf('api')));
      assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
    }
    assert.deepEqual(denied(), []);
  });

  test('an import has its rights, also where it makes agencies and themes, is newer than what is there, or begins anew', async () => {
    const theme = { theme_1_level_1_code: '99', theme_1_level_1_label: 'Outro tema' };
    const rows = datasetRows(3, { agency: 'nova', ...theme });
    hub.files.set('data/a.parquet', { bytes: await shardBytes(rows), etag: '"a"' });
    const order = { dataset: hub.id, create_agencies: true };
    const first = (await call('import', { ...order, max_records: 2 })) as ImportResult;
    assert.deepEqual([first.rows_done, first.is_done], [2, false]);
    const second = (await call('import')) as ImportResult;
    assert.deepEqual([second.is_done, second.report.created_agencies], [true, ['nova']]);
    const newer = rows.map((row) => ({ ...row, summary: 'Um resumo.', extracted_at: micros('2025-03-11T18:00:00Z') }));
    const twin = { ...newer[0]!, unique_id: '0'.repeat(32) };
    hub.files.set('data/a.parquet', { bytes: await shardBytes([...newer, twin]), etag: '"b"' });
    const again = (await call('import', { ...order, restart: true })) as ImportResult;
    assert.equal(again.is_done, true);
    const { rows: counts } = await database.db.query(
      `select (select count(*) from news where agency_key = 'nova' and summary = 'Um resumo.') as updated,
         (select count(*) from import_twins) as twins`,
    );
    assert.deepEqual(counts, [{ updated: 3, twins: 1 }]);
    assert.deepEqual(denied(), []);
  });

  test('no function may do more than its work: change what it only reads, read what is not its own, or alter a table', async () => {
    const refused: [FunctionName, string][] = [
      ['api', 'update news set title = title'],
      ['api', 'delete from quarantine'],
      ['export', 'update news set title = title'],
      ['dispatch', 'select from news'],
      ['embed', 'select from sources'],
      ['embed', 'delete from news'],
      ['scrape', 'delete from news'],
      ['sync', 'update themes set label = label'],
      ['quarantine', 'select from news'],
      ['import', 'delete from news'],
      ['import', 'insert into outbox (topic, data, attributes) values (null, null, null)'],
      ['api', 'delete from import_twins'],
      ['reconcile', 'drop table replays'],
      ['reconcile', 'create table mine (id integer)'],
    ];
    for (const [name, statement] of refused) {
      await assert.rejects(
        logins.get(name)!.query(statement),
        /permission denied|must be owner/,
        `${name}: ${statement}`,
      );
    }
  });

  test('every function of the table has rights', async () => {
    for (const { name } of pipeline) {
      const { rows } = await database.db.query<{ count: number }>(
        'select count(*) as count from information_schema.role_table_grants where grantee = $1',
        [userOf(name)],
      );
      assert.ok(rows[0]!.count > 0, name);
    }
  });
});
