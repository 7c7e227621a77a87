import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHandler } from '../../../functions/embed/handler.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { createLexicalEncoder } from '../../../shared/encoder/lexical-encoder.ts';
import type { Encoder } from '../../../shared/encoder.ts';
import { createRecorder, nudges, push, readArticle, seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('embed', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  const lexical = createLexicalEncoder();
  let texts: string[] = [];
  let during: () => Promise<void> = async () => {};
  let model = lexical.model;
  const encoder: Encoder = {
    get model() {
      return model;
    },
    dimensions: lexical.dimensions,
    encode: async (given) => {
      texts.push(...given);
      await during();
      return await lexical.encode(given);
    },
    close: async () => {},
  };

  before(async () => {
    database = await createTestDatabase();
    server = await serveFunction('embed', createHandler({ ...recorder, db: database.db, encoder }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine cascade');
    recorder.published.length = 0;
    texts = [];
    during = async () => {};
    model = lexical.model;
  });

  const edit = (set: string) => database.db.query(`update news set ${set}`);
  const storedVector = (row: Record<string, unknown>) => Float32Array.from(JSON.parse(row.content_embedding as string));

  test('stores the vector of title and summary with its model, bit for bit', async () => {
    const message = await seedArticle(database.db);
    await edit(`summary = 'O resumo.'`);
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    assert.deepEqual(texts, ['Ministério anuncia obras em escolas O resumo.']);
    const [vector] = await lexical.encode(texts);
    assert.deepEqual(storedVector(row), vector);
    assert.deepEqual([row.embedded_text_hash, row.embedding_model], [row.embedding_text_hash, lexical.model]);
    assert.deepEqual([row.version, row.revision], [3, 1]);
    assert.deepEqual(nudges(recorder.published), [`embedded ${message.unique_id} 3`]);
  });

  test('an edit while it encodes ends with the vector of the last text', async () => {
    const message = await seedArticle(database.db);
    during = async () => {
      if (texts.length === 1) await edit(`summary = 'Escrito enquanto isso.'`);
    };
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    assert.equal(row.embedded_text_hash, row.embedding_text_hash);
    const [vector] = await lexical.encode(['Ministério anuncia obras em escolas Escrito enquanto isso.']);
    assert.deepEqual(storedVector(row), vector);
    assert.equal(recorder.published.length, 1);
  });

  test('five deliveries of one message at a time store one vector and one version', async () => {
    const message = await seedArticle(database.db);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => push(server.url, message)));
    assert.deepEqual(statuses, Array(5).fill(204));
    const row = await readArticle(database.db, message.unique_id);
    assert.equal(row.version, 2);
    assert.equal(nudges(recorder.published).filter((nudge) => nudge.endsWith(' 2')).length, 1);
  });

  test('tags, dates and themes do not make it encode again, and nudge sync instead', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    recorder.published.length = 0;
    await edit(`tags = '{outras}', published_at = now(), image_url = null, category = 'Outra'`);
    await push(server.url, message);
    assert.equal(texts.length, 1);
    assert.deepEqual(nudges(recorder.published), [`embedded ${message.unique_id} 1`]);
  });

  test('an edit that the embedding text does not show encodes nothing', async () => {
    const message = await seedArticle(database.db);
    await edit(`summary = 'O resumo.'`);
    await push(server.url, message);
    const before = await readArticle(database.db, message.unique_id);
    await edit(`content = content || ' Mais um parágrafo.', subtitle = 'Outro subtítulo'`);
    assert.equal(await push(server.url, message), 204);
    const row = await readArticle(database.db, message.unique_id);
    assert.equal(texts.length, 1);
    assert.equal(row.revision, (before.revision as number) + 1, 'the text of the article did change');
    assert.deepEqual(row.embedding_generated_at, before.embedding_generated_at);
  });

  test('the old vector serves until that of the model in force is there', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    const before = await readArticle(database.db, message.unique_id);
    model = 'another';
    during = async () => {
      const { rows } = await database.db.query('select content_embedding, embedding_model from news');
      assert.deepEqual(rows, [{ content_embedding: before.content_embedding, embedding_model: lexical.model }]);
    };
    assert.equal(await push(server.url, message), 204);
    assert.equal(texts.length, 2);
  });

  test('another model in force encodes again', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    model = 'another';
    await push(server.url, message);
    const row = await readArticle(database.db, message.unique_id);
    assert.equal(row.embedding_model, 'another');
    assert.equal(texts.length, 2);
    assert.equal(row.version, 3, 'documents of the index name the model');
  });

  test('an encoder that fails leaves the article as it was', async () => {
    const message = await seedArticle(database.db);
    during = async () => {
      throw new Error('unreachable model');
    };
    assert.equal(await push(server.url, message), 500);
    const row = await readArticle(database.db, message.unique_id);
    assert.deepEqual([row.content_embedding, row.embedded_text_hash], [null, null]);
  });
});
