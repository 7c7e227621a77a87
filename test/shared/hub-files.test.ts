import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openShard } from '../../shared/dataset-reader.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { openHubSource } from '../../shared/hub-files.ts';
import { datasetRows, shardBytes } from '../functions/import/shards.ts';
import { type SmallHub, startSmallHub } from './small-hub.ts';

let hub: SmallHub;

before(async () => {
  hub = await startSmallHub();
});
after(() => hub.close());
beforeEach(async () => {
  hub.requests.length = 0;
  hub.failing(0, () => {});
  hub.files.clear();
  hub.files.set('README.md', { bytes: new Uint8Array(3), etag: '"r"' });
  hub.files.set('data/train-2.parquet', { bytes: await shardBytes(datasetRows(3)), etag: '"2"' });
  hub.files.set('data/train 1.parquet', {
    bytes: await shardBytes(datasetRows(40), { rowGroupRows: 10 }),
    etag: '"1"',
  });
});

const openDataset = (options = {}) =>
  openHubSource(hub.id, 'main', { endpoint: hub.endpoint, backoffMs: 1, ...options });

async function readRows(options = {}) {
  const { files: found } = await openDataset(options);
  const shard = await openShard(found[0]!);
  const rows: unknown[] = [];
  for await (const part of shard.readRows(0)) rows.push(...part);
  return rows;
}

test('lists the Parquet files of all pages of the tree at one commit', async () => {
  const { name, revision, files: found } = await openDataset();
  assert.deepEqual([name, revision], [`dataset ${hub.id}`, hub.sha]);
  assert.deepEqual(
    found.map(({ path }) => path),
    ['data/train 1.parquet', 'data/train-2.parquet'],
  );
});

test('reads a shard by ranges, with the token', async () => {
  assert.equal((await readRows({ token: 'hf_x' })).length, 40);
  assert.ok(hub.requests.every(({ authorization }) => authorization === 'Bearer hf_x'));
  assert.ok(hub.requests.filter(({ url }) => url.includes('/resolve/')).every(({ range }) => range));
});

test('a request that is refused for now or breaks off is made again', async () => {
  hub.failing(1, (response) => response.writeHead(429, { 'retry-after': '1' }).end());
  const startedAt = performance.now();
  assert.equal((await readRows()).length, 40);
  assert.ok(performance.now() - startedAt >= 950, 'Retry-After is waited for');
  hub.failing(2, (response) => response.writeHead(503).end());
  assert.equal((await readRows()).length, 40);
  hub.failing(2, (response) => response.destroy());
  assert.equal((await readRows()).length, 40);
  hub.failing(2, (response, { headers }) => {
    const { length } = hub.files.get('data/train 1.parquet')!.bytes;
    const range = headers.range!.replace('bytes=', 'bytes ');
    response.writeHead(206, { 'content-length': '1000', 'content-range': `${range}/${length}` });
    response.write('x', () => response.destroy());
  });
  assert.equal((await readRows()).length, 40);
});

test('gives up at once where the Hub asks for a longer pause than there is', async () => {
  hub.failing(100, (response) => response.writeHead(429, { 'retry-after': '3000' }).end());
  await assert.rejects(readRows({ maxPauseMs: 2_000 }), /RetryableError: .* in 1 attempts: .* answers 429/);
});

test('gives up after all attempts, retryable', async () => {
  hub.failing(100, (response) => response.writeHead(500).end());
  await assert.rejects(readRows({ maxAttempts: 3 }), (error: Error) => {
    assert.ok(error instanceof RetryableError);
    assert.match(error.message, /did not answer in 3 attempts: http.* answers 500/);
    return true;
  });
});

test('a file that is replaced in between is refused', async () => {
  const { files: found } = await openDataset();
  const shard = await openShard(found[0]!);
  hub.files.set('data/train 1.parquet', { ...hub.files.get('data/train 1.parquet')!, etag: '"other"' });
  await assert.rejects(shard.readRows(0).next(), /train%201\.parquet was replaced while it was read/);
});

test('a server that knows no ranges, a wrong size, a refused token and an unknown dataset are clear errors', async () => {
  const access = await (await openDataset()).files[0]!.open();
  hub.failing(1, (response) => response.writeHead(200).end('x'.repeat(10)));
  await assert.rejects(access.slice(4, 10), /PermanentError: .* gives no range \(status 200\) in place of bytes 4-9/);
  hub.failing(1, (response) => response.writeHead(206, { 'content-range': 'bytes 0-1/2' }).end('xx'));
  await assert.rejects(readRows(), PermanentError);
  hub.failing(1, (response) => response.writeHead(401).end());
  await assert.rejects(readRows(), /PermanentError: .* answers 401: .*HF_TOKEN/);
  await assert.rejects(
    openHubSource('nobody/nothing', 'main', { endpoint: hub.endpoint }),
    /DatasetAbsentError: .* answers 404/,
  );
  await assert.rejects(
    openHubSource('../x', 'main', { endpoint: hub.endpoint }),
    /PermanentError: "..\/x" is no dataset/,
  );
});
