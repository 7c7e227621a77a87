import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHandler } from '../../../functions/embed/handler.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { createEncoder, type Encoder } from '../../../shared/encoder.ts';
import { tinyModel } from '../../shared/encoder/model-copy.ts';
import { createRecorder, nudges, push, seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const articleCount = 300;

/** Contents that have broken encoders; Postgres itself stores no unpaired surrogate and no character 0. */
const contents = [
  '',
  ' ',
  '\u200b\u200d\ufeff',
  'a'.repeat(100_000),
  '😀'.repeat(50_000),
  'O governo anunciou obras. ',
];

describe('embed with a model', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  let model: Encoder;
  const recorder = createRecorder();
  const encoded: string[] = [];
  let textsInWork = 0;
  let mostTextsInWork = 0;

  before(async () => {
    database = await createTestDatabase();
    model = await createEncoder({ model: tinyModel });
    const encoder: Encoder = {
      ...model,
      async encode(texts, options) {
        encoded.push(...texts);
        textsInWork += texts.length;
        mostTextsInWork = Math.max(mostTextsInWork, textsInWork);
        return await model.encode(texts, options).finally(() => {
          textsInWork -= texts.length;
        });
      },
    };
    server = await serveFunction('embed', createHandler({ ...recorder, db: database.db, encoder }));
  });
  after(async () => {
    await server?.close();
    await model?.close();
    await database?.drop();
  });

  test('300 pushes at a time to one instance are each done once, a bounded number of texts at a time', async () => {
    const messages = [];
    for (let index = 0; index < articleCount; index++) {
      const url = `https://www.gov.br/mec/pt-br/noticias/${index}`;
      const content = contents[index % contents.length]!;
      messages.push(await seedArticle(database.db, { canonicalUrl: url, title: `Notícia ${index}`, content }));
    }
    const statuses = await Promise.all(messages.map((message) => push(server.url, message)));
    assert.deepEqual(statuses, Array(articleCount).fill(204));

    assert.equal(encoded.length, articleCount);
    assert.equal(new Set(encoded).size, articleCount);
    assert.ok(mostTextsInWork <= 64, `${mostTextsInWork} texts at a time`);
    const { rows } = await database.db.query<{ count: number }>(
      `select count(*)::int as count from news
       where embedding_model = $1 and embedded_text_hash = embedding_text_hash and version = 2
         and abs(vector_norm(content_embedding) - 1) < 1e-4`,
      [model.model],
    );
    assert.equal(rows[0]!.count, articleCount);
    const expected = messages.map(({ unique_id }) => `embedded ${unique_id} 2`);
    assert.deepEqual(nudges(recorder.published).sort(), expected.sort());
  });
});
