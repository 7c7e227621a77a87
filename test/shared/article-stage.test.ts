import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHandler as createEmbed } from '../../functions/embed/handler.ts';
import type { Enricher } from '../../functions/enrich/enricher.ts';
import { createHandler as createEnrich } from '../../functions/enrich/handler.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { storeArticle } from '../../functions/scrape/store.ts';
import { createHandler as createSync } from '../../functions/sync/handler.ts';
import { type Bus, createBus } from '../../infra/local/bus.ts';
import { type FunctionServer, serveFunction } from '../../infra/local/functions-server.ts';
import { createLexicalEncoder } from '../../shared/encoder/lexical-encoder.ts';
import { silentLogger } from '../../shared/log.ts';
import { type FunctionName, subscriptions } from '../../shared/pipeline.ts';
import type { Publisher } from '../../shared/publisher.ts';
import { createTypesense, type Typesense } from '../../shared/typesense.ts';
import { startTypesense, type TypesenseStandIn } from '../stand-ins/typesense.ts';
import { post, scrapedArticle, seedAgency } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';
import { openTypesenseIndex } from '../support/typesense-index.ts';

const articleCount = 30;
const context = { attributes: { event_version: '1' } };

describe('the chain of stages', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let standIn: TypesenseStandIn;
  let typesense: Typesense;
  let bus: Bus;
  const servers = new Map<FunctionName, FunctionServer>();
  const counts = { enriched: 0, encoded: 0 };
  /** Share of the calls that fail, at random but the same in every run. */
  let failureRate = 0;
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const fails = () => random() < failureRate;

  const enricher: Enricher = {
    name: 'test',
    rank: 1,
    enrich: async ({ title }) => {
      counts.enriched++;
      if (fails()) throw new Error('enricher down');
      return { themes: { level1: null, level2: null, level3: null }, summary: `Sobre ${title}`, features: {} };
    },
  };
  const lexical = createLexicalEncoder();
  const encoder = {
    ...lexical,
    encode: async (texts: readonly string[]) => {
      counts.encoded += texts.length;
      if (fails()) throw new Error('encoder down');
      return await lexical.encode(texts);
    },
  };
  /** Loses, doubles and delays, as far as Pub/Sub may. */
  const publisher: Publisher = {
    publish: async (messages) => {
      if (fails()) throw new Error('broker down');
      await bus.publish(fails() ? [...messages, ...messages] : messages);
      if (fails()) throw new Error('broker down, but the messages are out');
    },
    close: async () => {},
  };
  const deps = () => ({ db: database.db, log: silentLogger, publisher });

  before(async () => {
    database = await createTestDatabase();
    await seedAgency(database.db);
    standIn = await startTypesense({ apiKey: 'key' });
    typesense = createTypesense({ ...standIn, protocol: 'http', apiKey: 'key', timeoutMs: 1000 });
    const index = await openTypesenseIndex(typesense, database.db);
    servers.set(
      'enrich',
      await serveFunction('enrich', createEnrich({ ...deps(), enricher, taxonomy: async () => [] })),
    );
    servers.set('embed', await serveFunction('embed', createEmbed({ ...deps(), encoder })));
    servers.set('sync', await serveFunction('sync', createSync({ ...deps(), index, leaseMs: 50 })));
    bus = createBus({
      subscriptions: subscriptions()
        .filter((subscription) => servers.has(subscription.function))
        .map((subscription) => ({
          ...subscription,
          minBackoffSeconds: 0.005,
          maxBackoffSeconds: 0.05,
          maxDeliveryAttempts: 100,
        })),
      concurrency: () => 8,
      log: silentLogger,
      push: async ({ function: name }, body) => (fails() ? 503 : await post(servers.get(name)!.url, body)),
    });
  });
  after(async () => {
    await bus?.close();
    await Promise.all([...servers.values()].map((server) => server.close()));
    typesense?.close();
    await standIn?.close();
    await database?.drop();
  });

  const url = (number: number) => `https://www.gov.br/mec/${number}`;
  let minute = 0;
  const store = (number: number, fields: Parameters<typeof scrapedArticle>[0] = {}) => {
    const extractedAt = new Date(Date.UTC(2026, 10, 10, 13, ++minute));
    const publishedAt = new Date(Date.UTC(2026, 10, 10, 12, number));
    return storeArticle(
      scrapedArticle({ canonicalUrl: url(number), title: `Notícia ${number}`, publishedAt, extractedAt, ...fields }),
      context,
      deps(),
    );
  };
  const everything = async () => {
    const { rows } = await database.db.query<{
      title: string;
      summary: string;
      version: number;
      tags: string[];
      canonical_url: string;
    }>(
      `select *, enriched_revision = revision as "isEnriched", embedded_text_hash = embedding_text_hash as "isEmbedded",
         synced_version = version as "isSynced" from news order by canonical_url`,
    );
    return rows;
  };
  /** What a reader sees must be what the database holds. */
  async function assertArrived(): Promise<void> {
    const rows = await everything();
    for (const row of rows) {
      assert.deepEqual(
        { summary: row.summary, ...pick(row, ['isEnriched', 'isEmbedded', 'isSynced']) },
        { summary: `Sobre ${row.title}`, isEnriched: true, isEmbedded: true, isSynced: true },
      );
    }
    const shown = (list: object[]) =>
      list.map((entry) => pick(entry, ['unique_id', 'version', 'title', 'summary', 'tags'])).sort(byId);
    assert.deepEqual(shown(standIn.documents('news')), shown(rows));
    assert.equal((await database.db.query('select from quarantine where closed_at is null')).rowCount, 0);
  }

  test('every article arrives in every stage once', async () => {
    await Promise.all(Array.from({ length: articleCount }, (_, number) => store(number)));
    await bus.idle();
    await assertArrived();
    assert.deepEqual(counts, { enriched: articleCount, encoded: articleCount });
    assert.equal(bus.published.get('synced'), articleCount);
    assert.equal((await database.db.query('select from outbox')).rowCount, 0);
  });

  test('an article seen again sends no message, one with other tags is synced only, an edited one travels again', async () => {
    const before = { ...counts, synced: bus.published.get('synced')! };
    await store(0);
    await store(1, { tags: ['outras'] });
    await store(2, { title: 'Notícia editada' });
    await bus.idle();
    await assertArrived();
    const passed = [...bus.published].map(([topic, count]) => [topic, count - articleCount]);
    assert.deepEqual(passed, [
      ['scraped', 2],
      ['enriched', 1],
      ['embedded', 2],
      ['synced', 2],
    ]);
    assert.deepEqual(counts, { enriched: before.enriched + 1, encoded: before.encoded + 1 });
  });

  test('with failing brokers, instances and indexes, doubled messages and edits meanwhile, all of the last text arrives', async () => {
    failureRate = 0.2;
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        Array.from({ length: articleCount }, async (_, number) => {
          if (number % 5 === 0) standIn.failNext(1);
          await store(number, number % 3 ? { title: `Rodada ${round} ${number}` } : { tags: [`rodada ${round}`] });
        }),
      );
    }
    await bus.idle();
    failureRate = 0;
    standIn.recover();
    const targets = { enricherRank: enricher.rank, embeddingModel: encoder.model };
    const { relayed, requeued } = await reconcile(context, { ...deps(), targets, overdueMs: 0 });
    await bus.idle();
    await assertArrived();
    assert.ok(
      relayed.published + requeued.enrich + requeued.embed + requeued.sync > 0,
      'the failures left something to repair',
    );
    assert.deepEqual(
      (await everything()).map(({ canonical_url }) => canonical_url).sort(),
      Array.from({ length: articleCount }, (_, number) => url(number)).sort(),
    );
  });
});

function pick(row: object, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (row as Record<string, unknown>)[name]]));
}

function byId(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return String(a.unique_id) < String(b.unique_id) ? -1 : 1;
}
