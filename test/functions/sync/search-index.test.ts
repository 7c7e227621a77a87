import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresIndex, type SearchIndex, typesenseIndex } from '../../../functions/sync/search-index.ts';
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
    await typesense.ensureCollection();
    await work(typesenseIndex(typesense), standIn);
  } finally {
    typesense.close();
    await standIn.close();
  }
}

test('in Postgres every document is already where it is searched', async () => {
  assert.equal(postgresIndex.name, 'postgres');
  assert.equal(postgresIndex.needsLease, false);
  assert.deepEqual(
    await postgresIndex.upsert([document('a'), document('b')]),
    new Map([
      ['a', null],
      ['b', null],
    ]),
  );
  await postgresIndex.remove('a');
});

test('in Typesense documents are written under a lease, each with its own outcome', async () => {
  await withTypesense(async (index, standIn) => {
    assert.equal(index.name, 'typesense');
    assert.equal(index.needsLease, true);
    const outcomes = await index.upsert([document('good'), document('bad', { content_embedding: [1] })]);
    assert.equal(outcomes.get('good'), null);
    assert.ok(outcomes.get('bad') instanceof PermanentError);
    assert.deepEqual(standIn.documents('news'), [document('good')]);
  });
});

test('a removed document is out of Typesense, an absent one is fine', async () => {
  await withTypesense(async (index, standIn) => {
    await index.upsert([document('gone'), document('stays')]);
    await index.remove('gone');
    await index.remove('gone');
    assert.deepEqual(standIn.documents('news'), [document('stays')]);
  });
});
