import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { storeArticle } from '../../../functions/scrape/store.ts';
import { postgresIndex } from '../../../functions/sync/search-index.ts';
import { type EmulatorBus, openEmulatorBus } from '../../../infra/local/emulator-bus.ts';
import { type Platform, startPlatformOn } from '../../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../../infra/local/scrape-tools.ts';
import { createEncoder, type Encoder } from '../../../shared/encoder.ts';
import { subscriptions } from '../../../shared/pipeline.ts';
import { openPubSubClient } from '../../../shared/pubsub-client.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { sitesDispatcher } from '../../stand-ins/sites/dispatcher.ts';
import { createRecorder, scrapedArticle, seedAgency, seedArticle, seedThemes } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { uniqueProject, withoutEmulator } from '../../support/pubsub-emulator.ts';

const size = 30;
const article = (number: number) =>
  scrapedArticle({
    canonicalUrl: `https://www.gov.br/mec/pt-br/noticias/noticia-${number}`,
    title: `Ministério anuncia a obra de número ${number}`,
  });

describe('the platform on the Pub/Sub emulator', { skip: withoutEmulator || withoutPostgres }, () => {
  const { log, lines } = createRecorder();
  let database: TestDatabase;
  let encoder: Encoder;
  let folder: string;
  let platform: Platform<EmulatorBus>;

  before(async () => {
    database = await createTestDatabase();
    const { db } = database;
    await seedAgency(db);
    await seedThemes(db);
    encoder = await createEncoder({ model: 'lexical' });
    folder = await mkdtemp(join(tmpdir(), 'emulator-bus-'));
    const env = { ...process.env, GOOGLE_CLOUD_PROJECT: uniqueProject() };
    platform = await startPlatformOn((context) => openEmulatorBus(context, env), {
      db,
      encoder,
      enricher: createLocalEnricher(),
      index: postgresIndex,
      source: {},
      scrape: createLocalScrapeTools(db, { dispatcher: sitesDispatcher(1), requestIntervalMs: 0 }, { data: folder }),
      datasetFolder: folder,
      port: 0,
      hasCron: false,
      // The same contract as deployed, in less than hours.
      subscriptions: subscriptions().map((subscription) => ({
        ...subscription,
        minBackoffSeconds: 0.2,
        maxBackoffSeconds: 1,
        maxDeliveryAttempts: 5,
      })),
      log,
    });
  });
  after(async () => {
    await platform?.close();
    await encoder?.close();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  /** Resolves once a condition over the database holds. */
  async function until(sql: string, parameters: unknown[] = [], timeoutMs = 120_000): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const { rows } = await database.db.query<{ holds: boolean }>(`select (${sql}) as holds`, parameters);
      if (rows[0]!.holds) return;
      assert.ok(performance.now() - startedAt < timeoutMs, `still not after ${timeoutMs} ms: ${sql}`);
      await sleep(50);
    }
  }

  const allSynced = 'select count(*) = $1 from news where synced_version = version and enriched_revision = revision';

  async function fingerprint(): Promise<unknown> {
    const { rows } = await database.db.query(
      `select md5(string_agg(news::text, ' ' order by unique_id)) as articles,
              (select count(*)::int from outbox) as outbox, (select count(*)::int from quarantine) as quarantine
       from news`,
    );
    return rows[0];
  }

  test('every article goes from scraped to synced, and nothing stays in the outbox', async () => {
    const deps = { db: database.db, log, publisher: platform.bus };
    for (let number = 0; number < size; number++) await storeArticle(article(number), contextFrom(), deps);
    await until(allSynced, [size]);
    await until('select count(*) = 0 from outbox');
    for (const topic of ['scraped', 'enriched', 'embedded', 'synced']) {
      assert.ok(platform.bus.published.get(topic)! >= size, `${topic}: ${platform.bus.published.get(topic)}`);
    }
  });

  test('a message that was refused comes again, and is done once it can be', async () => {
    // Stored, and taken away before its message is there: the stage finds no row, and answers 500.
    const late = article(900);
    const message = await seedArticle(database.db, late);
    await database.db.query('delete from news where unique_id = $1', [message.unique_id]);
    const attributes = contextFrom().attributes;
    await platform.bus.publish([{ topic: 'scraped', data: message, attributes }]);
    const refused = () =>
      lines.filter((line) => line.subject === message.unique_id && /no row/.test(String(line.error)));
    while (refused().length < 2) await sleep(20);
    await seedArticle(database.db, late);
    await until('select synced_version = version from news where unique_id = $1', [message.unique_id]);
  });

  test('one that is refused to the end is in quarantine, after the attempts of its subscription', async () => {
    const uniqueId = 'never-stored';
    const attributes = contextFrom().attributes;
    await platform.bus.publish([{ topic: 'enriched', data: { unique_id: uniqueId, version: 1 }, attributes }]);
    await until('select count(*) = 1 from quarantine where subject = $1', [uniqueId]);
    const { rows } = await database.db.query<Record<string, unknown>>('select * from quarantine where subject = $1', [
      uniqueId,
    ]);
    const [row] = rows;
    assert.equal(row!.stage, 'embed');
    assert.deepEqual(row!.data, { unique_id: uniqueId, version: 1 });
    assert.match(String(row!.error), /after 5 attempts/);
    const kept = row!.attributes as Record<string, string>;
    assert.equal(kept.CloudPubSubDeadLetterSourceSubscription, 'embed');
    assert.equal(kept.event_version, attributes.event_version);
    assert.equal(lines.filter((line) => line.subject === uniqueId && line.stage === 'embed').length, 5);
  });

  test('a seek into the past delivers acknowledged messages again, and changes nothing', async () => {
    const before = await fingerprint();
    const published = platform.bus.published.get('synced');
    const done = () => lines.filter(({ stage, outcome }) => stage === 'sync' && outcome === 'nothing-pending').length;
    const doneBefore = done();
    const { endpoint, projectId } = platform.bus;
    const client = openPubSubClient(projectId, endpoint);
    await client.subscription('sync').seek(new Date(Date.now() - 3_600_000));
    await client.close();
    const startedAt = performance.now();
    while (done() - doneBefore < size + 1) {
      assert.ok(performance.now() - startedAt < 120_000, `${done() - doneBefore} messages came again`);
      await sleep(50);
    }
    assert.deepEqual(await fingerprint(), before);
    assert.equal(platform.bus.published.get('synced'), published);
  });
});
