import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SearchIndex, typesenseIndex } from '../../../functions/sync/search-index.ts';
import { PermanentError } from '../../../shared/errors.ts';
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

test('in Typesense documents are written under a lease, each with its own outcome', async () => {
  await withTypesense(async (index, standIn) => {
    assert.equal(index.name, 'typesense');
    const outcomes = await index.writer!.upsert([document('good'), document('bad', { content_embedding: [1] })]);
    assert.equal(outcomes.get('good'), null);
    assert.ok(outcomes.get('bad') instanceof PermanentError);
    assert.deepEqual(standIn.documents('news'), [document('good')]);
  });
});

test('a removed document is out of Typesense, an absent one is fine', async () => {
  await withTypesense(async (index, standIn) => {
    await index.writer!.upsert([document('gone'), document('stays')]);
    await index.writer!.remove('gone');
    await index.writer!.remove('gone');
    assert.deepEqual(standIn.documents('news'), [document('stays')]);
  });
});
