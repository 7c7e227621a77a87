import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createEmbedder } from '../../../functions/embed/embed.ts';
import { type Worker, type WorkOptions, workOffPending } from '../../../infra/local/pending-work.ts';
import { createLexicalEncoder } from '../../../shared/encoder/lexical-encoder.ts';
import type { Encoder } from '../../../shared/encoder.ts';
import { seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('generate-embeddings', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let texts: string[] = [];
  const lexical = createLexicalEncoder();

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await database.db.query('truncate news, outbox cascade');
    texts = [];
    for (const day of ['01', '02', '03', '04']) {
      const canonicalUrl = `https://www.gov.br/mec/pt-br/noticias/${day}`;
      const publishedAt = new Date(`2026-11-${day}T12:00:00Z`);
      await seedArticle(database.db, { canonicalUrl, title: `Dia ${day}`, content: '', publishedAt });
    }
  });

  /** Titles of what was encoded, sorted. */
  async function generate(options: Partial<WorkOptions> = {}, model = lexical.model): Promise<string[]> {
    texts = [];
    const encoder: Encoder = {
      ...lexical,
      model,
      encode: async (given) => {
        texts.push(...given);
        return await lexical.encode(given);
      },
    };
    const worker: Worker = {
      stage: 'embed',
      targets: { embeddingModel: model },
      open: (outbox) => createEmbedder({ ...outbox, encoder }),
    };
    await workOffPending(database.db, worker, { batchSize: 2, ...options });
    return texts.map((text) => text.trim()).sort();
  }

  test('does what is pending in a window, up to a number, and goes on from there', async () => {
    const window = { startDate: '2026-11-01', endDate: '2026-11-03' };
    assert.equal((await generate({ ...window, maxRecords: 1 })).length, 1);
    assert.equal((await generate(window)).length, 2);
    assert.deepEqual(await generate(window), []);
    assert.deepEqual(await generate(), ['Dia 04']);
  });

  test('a new model makes all articles pending, those without a message too', async () => {
    await generate();
    assert.equal((await generate({}, 'another')).length, 4);
    assert.deepEqual(await generate({}, 'another'), []);
  });

  test('--force does those of the window again, once each, and changes no version', async () => {
    await generate();
    const versions = () => database.db.query('select unique_id, version, synced_version from news order by unique_id');
    const before = await versions();
    const window = { startDate: '2026-11-02', endDate: '2026-11-04' };
    assert.deepEqual(await generate({ ...window, force: true }), ['Dia 02', 'Dia 03', 'Dia 04']);
    assert.deepEqual((await versions()).rows, before.rows);
    assert.deepEqual(await generate(), [], 'nothing is left pending');
    assert.equal((await generate({ ...window, force: true, maxRecords: 2 })).length, 2);
    assert.deepEqual(await generate(), []);
  });
});
