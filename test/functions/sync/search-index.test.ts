import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SearchIndex, typesenseIndex } from '../../../functions/sync/search-index.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { createTypesense } from '../../../shared/typesense.ts';
import type { NewsDocument } from '../../../shared/typesense-schema.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';

const document = (id: string, rest: Partial<NewsDocument> = {}): NewsDocument => {
  return { id, unique_id: id, agency: 'mec', published_at: 0, version: 1, ...rest };
};

async function withTypesense(work: (index: SearchIndex, standIn: TypesenseStandIn) => Promise<void>): Promise<void> {
  const standIn = await startTypesense({ apiKey: 'test-key' });
  const typesense = createTypesense({ ...standIn, protocol: 'http', apiKey: 'test-key' });
  try {
    await work(typesenseIndex(typesense, await typesense.ensureCollection()), standIn);
  } finally {
    typesense.close();
    await standIn.close();
  }
}

const inTime = () => AbortSignal.timeout(5_000);

test('in Typesense documents are written under a lease, each with its own outcome', async () => {
  await withTypesense(async (index, standIn) => {
    assert.equal(index.name, 'typesense');
    const outcomes = await index.writer!.upsert(
      [document('good'), document('bad', { content_embedding: [1] })],
      inTime(),
    );
    assert.equal(outcomes.get('good'), null);
    assert.ok(outcomes.get('bad') instanceof PermanentError);
    assert.deepEqual(standIn.documents('news'), [document('good')]);
  });
});

test('a removed document is out of Typesense, an absent one is fine', async () => {
  await withTypesense(async (index, standIn) => {
    await index.writer!.upsert([document('gone'), document('stays')], inTime());
    await index.writer!.remove('gone', inTime());
    await index.writer!.remove('gone', inTime());
    assert.deepEqual(standIn.documents('news'), [document('stays')]);
  });
});

test('no request to Typesense outlives the deadline of its lease, and none is begun after it', {
  timeout: 60_000,
}, async () => {
  await withTypesense(async (index, standIn) => {
    standIn.stallNext(1, 3_600_000);
    const late = index.writer!.upsert([document('late')], AbortSignal.timeout(100));
    await assert.rejects(late, (error) => error instanceof RetryableError && /no answer in time/.test(error.message));
    const before = standIn.requests().length;
    await assert.rejects(index.writer!.remove('late', AbortSignal.abort()), RetryableError);
    assert.equal(standIn.requests().length, before);
  });
});
