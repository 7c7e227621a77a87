import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { postgresIndex } from '../../../functions/sync/search-index.ts';
import { sendArticle } from '../../../infra/ci/smoke-article.ts';
import { prepareDatabase } from '../../../infra/local/local-database.ts';
import { type NewsSource, openNewsSource } from '../../../infra/local/news-source.ts';
import { type Platform, startPlatform } from '../../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../../infra/local/scrape-tools.ts';
import { createEncoder, type Encoder } from '../../../shared/encoder.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('the smoke test of a release', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let folder: string;
  let source: NewsSource;
  let platform: Platform;
  let isEncoderBroken = false;

  before(async () => {
    database = await createTestDatabase();
    await prepareDatabase(database.db);
    folder = await mkdtemp(join(tmpdir(), 'smoke-'));
    source = await openNewsSource({ source: 'sample', articles: 1 });
    const lexical = await createEncoder({ model: 'lexical' });
    const encoder: Encoder = {
      ...lexical,
      encode: async (texts) => {
        if (isEncoderBroken) throw new Error('the model is broken');
        return await lexical.encode(texts);
      },
    };
    const { db } = database;
    platform = await startPlatform({
      db,
      encoder,
      enricher: createLocalEnricher(),
      index: postgresIndex,
      source,
      scrape: createLocalScrapeTools(db, source, { data: folder }),
      datasetFolder: join(folder, 'dataset'),
      port: 0,
      hasCron: false,
      log: silentLogger,
    });
  });
  after(async () => {
    await platform.close();
    await source.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const deps = () => ({ db: database.db, publisher: platform.bus, log: silentLogger });

  test('sends an article through the chain and leaves nothing behind', async () => {
    const { uniqueId } = await sendArticle(deps(), { timeoutMs: 60_000, pollMs: 10 });
    assert.match(uniqueId, /^teste-de-implantacao/);
    const { rows } = await database.db.query(
      'select (select count(*) from news) as news, (select count(*) from outbox) as outbox, (select count(*) from quarantine) as quarantine',
    );
    assert.deepEqual(rows, [{ news: 0, outbox: 0, quarantine: 0 }]);
    assert.equal(platform.bus.published.get('synced'), 2);
  });

  test('says which stage the article waits for, and takes it from the readers', async () => {
    isEncoderBroken = true;
    const sent = sendArticle(deps(), { timeoutMs: 1000, pollMs: 10 });
    await assert.rejects(sent, /^Error: Article teste-de-implantacao\S* waits for embed after 1 s$/);
    const { rows } = await database.db.query('select removed_at is not null as removed from news');
    assert.deepEqual(rows, [{ removed: true }]);
  });
});
