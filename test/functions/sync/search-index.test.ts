import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DocumentWriter, typesenseIndex } from '../../../functions/sync/search-index.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { createTypesense } from '../../../shared/typesense.ts';
import type { NewsDocument } from '../../../shared/typesense-schema.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';

const document = (id: string, rest: Partial<NewsDocument> = {}): NewsDocument => {
  return { id, unique_id: id, agency: 'mec', published_at: 0, created_at: 0, version: 1, ...rest };
};

async function withTypesense(
  work: (writer: DocumentWriter, collection: string, standIn: TypesenseStandIn) => Promise<void>,
): Promise<void> {
  const standIn = await startTypesense({ apiKey: 'test-key' });
  const typesense = createTypesense({ ...standIn, protocol: 'http', apiKey: 'test-key' });
  try {
    const { name } = await typesense.ensureCollection();
    await work(typesenseIndex(typesense, 'index').writer!, name, standIn);
  } finally {
    typesense.close();
    await standIn.close();
  }
}

const inTime = () => AbortSignal.timeout(5_000);

test('in Typesense documents are written under a lease, each with its own outcome', async () => {
  await withTypesense(async (writer, collection, standIn) => {
    const outcomes = await writer.upsert(
      [document('good'), document('bad', { content_embedding: [1] })],
      inTime(),
      collection,
    );
    assert.equal(outcomes.get('good'), null);
    assert.ok(outcomes.get('bad') instanceof PermanentError);
    assert.deepEqual(standIn.documents('news'), [document('good')]);
  });
});

test('a removed document is out of Typesense, an absent one is fine', async () => {
  await withTypesense(async (writer, collection, standIn) => {
    await writer.upsert([document('gone'), document('stays')], inTime(), collection);
    await writer.remove('gone', inTime(), collection);
    await writer.remove('gone', inTime(), collection);
    assert.deepEqual(standIn.documents('news'), [document('stays')]);
  });
});

test('no request to Typesense outlives the deadline of its lease, and none is begun after it', {
  timeout: 60_000,
}, async () => {
  await withTypesense(async (writer, collection, standIn) => {
    standIn.stallNext(1, 3_600_000);
    const late = writer.upsert([document('late')], AbortSignal.timeout(100), collection);
    await assert.rejects(late, (error) => error instanceof RetryableError && /no answer in time/.test(error.message));
    const before = standIn.requests().length;
    await assert.rejects(writer.remove('late', AbortSignal.abort(), collection), RetryableError);
    assert.equal(standIn.requests().length, before);
  });
});
