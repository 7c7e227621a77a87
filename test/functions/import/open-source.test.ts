import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openSource } from '../../../functions/import/open-source.ts';
import { type SmallHub, startSmallHub } from '../../shared/small-hub.ts';

let hub: SmallHub;
before(async () => {
  hub = await startSmallHub();
});
after(() => hub.close());
beforeEach(() => hub.files.clear());

async function open(...paths: string[]) {
  for (const path of paths) hub.files.set(path, { bytes: new Uint8Array(3), etag: `"${path}"` });
  const { files, leftOut } = await openSource({ dataset: hub.id }, { endpoint: hub.endpoint });
  return { files: files.map(({ path }) => path), leftOut };
}

test('of a dataset on the Hub the shards are read, and not what lies beside them', async () => {
  const foreign = ['stats/a.parquet', 'data/test-0.parquet', '.cache/b.parquet', 'data/train-1.PARQUET'];
  assert.deepEqual(await open('README.md', 'data/train-0.parquet', ...foreign), {
    files: ['data/train-0.parquet'],
    leftOut: foreign.sort(),
  });
});

test('one without shards of that name is read whole', async () => {
  assert.deepEqual(await open('README.md', 'a/b.parquet', 'c.parquet', '.d.parquet'), {
    files: ['a/b.parquet', 'c.parquet'],
    leftOut: ['.d.parquet'],
  });
});
