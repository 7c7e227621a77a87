import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEmbedder } from '../../functions/embed/embed.ts';
import { createEnrichment } from '../../functions/enrich/enrich.ts';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { toDocument } from '../../functions/sync/document.ts';
import { readDocumentSources } from '../../functions/sync/sql.ts';
import { createSynchronizer } from '../../functions/sync/sync.ts';
import type { ArticleWorker } from '../../shared/article-stage.ts';
import { createEncoder } from '../../shared/encoder.ts';
import type { Topic } from '../../shared/pipeline.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { storeArticles } from '../../shared/sql/store-articles.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { createTypesense } from '../../shared/typesense.ts';
import { startTypesense } from '../stand-ins/typesense.ts';
import { articleInput, createRecorder, readArticle, seedArticle } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';
import { openTypesenseIndex } from '../support/typesense-index.ts';

let database: TestDatabase;
before(async () => {
  if (!withoutPostgres) database = await createTestDatabase();
});
after(() => database?.drop());

/** A generator of numbers from 0 to 1 that is the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('in whatever order the messages of an article come, doubled and at the same time too, its last text ends in every stage', {
  skip: withoutPostgres,
}, async () => {
  await using resources = new AsyncDisposableStack();
  const { db } = database;
  const server = await startTypesense({ apiKey: 'key' });
  resources.defer(() => server.close());
  const typesense = createTypesense({ host: server.host, port: server.port, protocol: 'http', apiKey: 'key' });
  resources.defer(() => typesense.close());
  const index = await openTypesenseIndex(typesense, db);
  const encoder = await createEncoder({ model: 'lexical' });
  resources.defer(() => encoder.close());

  for (let seed = 1; seed <= 8; seed++) {
    await db.query('truncate news, outbox cascade');
    await db.query('truncate quarantine');
    const random = randomFrom(seed);
    const recorder = createRecorder();
    const deps = { ...recorder, db };
    const instances = [1, 2].map(
      (): Partial<Record<Topic, ArticleWorker>> => ({
        scraped: createEnrichment({ ...deps, enricher: createLocalEnricher(), taxonomy: async () => [] }),
        enriched: createEmbedder({ ...deps, encoder }),
        embedded: createSynchronizer({ ...deps, index, leaseMs: 10_000 }),
      }),
    );
    const waiting: OutgoingMessage[] = [];
    const take = () => {
      for (const message of recorder.published.splice(0)) {
        if (message.topic !== 'synced') waiting.push(message, ...(random() < 0.3 ? [message] : []));
      }
    };
    /** Delivers some that wait, in no order at all, to either instance; one that is refused comes again. */
    const deliver = async () => {
      const count = 1 + Math.floor(random() * 3);
      const some = Array.from({ length: count }, () => waiting.splice(Math.floor(random() * waiting.length), 1)).flat();
      const outcomes = await Promise.allSettled(
        some.map(({ topic, data }) =>
          instances[Math.floor(random() * 2)]![topic]!.handle(data as ArticleMessage, contextFrom()),
        ),
      );
      waiting.push(...some.filter((_, position) => outcomes[position]!.status === 'rejected'));
      take();
    };

    const attributes = contextFrom().attributes;
    const { unique_id } = await seedArticle(db);
    waiting.push({ topic: 'scraped', data: { unique_id, version: 1 }, attributes });
    for (let edit = 1; edit <= 5; edit++) {
      for (let count = Math.floor(random() * 4); count > 0 && waiting.length > 0; count--) await deliver();
      const [stored] = await storeArticles(db, [
        articleInput({ content: `Texto ${edit} da notícia sobre obras em escolas.` }),
      ]);
      waiting.push({ topic: 'scraped', data: { unique_id, version: stored!.version! }, attributes });
    }
    while (waiting.length > 0) await deliver();

    const row = await readArticle(db, unique_id);
    assert.equal(row.content, 'Texto 5 da notícia sobre obras em escolas.');
    assert.equal(row.enriched_revision, row.revision, `seed ${seed}`);
    assert.equal(row.embedded_text_hash, row.embedding_text_hash, `seed ${seed}`);
    assert.equal(row.synced_version, row.version, `seed ${seed}`);
    const [expected] = (await readDocumentSources(db, [unique_id])).map(toDocument);
    const [document] = server.documents('news').filter(({ id }) => id === unique_id);
    assert.equal(document!.version, row.version);
    assert.equal(document!.content, row.content);
    assert.deepEqual(document!.content_embedding, expected!.content_embedding);
    assert.equal((await db.query('select from outbox')).rowCount, 0);
  }
});
