import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Bucket, Storage } from '@google-cloud/storage';
import { type StorageStandIn, startStorage } from './storage.ts';

describe('Cloud Storage stand-in', () => {
  let standIn: StorageStandIn;
  let bucket: Bucket;
  before(async () => {
    standIn = await startStorage({ buckets: ['pages'] });
    bucket = new Storage({ apiEndpoint: standIn.url, retryOptions: { autoRetry: false } }).bucket('pages');
  });
  after(() => standIn.close());
  beforeEach(() => {
    standIn.objects('pages').clear();
    standIn.recover();
  });

  async function send(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}) {
    const response = await fetch(standIn.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }
  const insert = (query: string, body: string | Uint8Array = 'text', headers?: Record<string, string>) =>
    send('POST', `/upload/storage/v1/b/pages/o?${query}`, body, headers);
  const multipart = (resource: object | string, content = 'text') => {
    const json = typeof resource === 'string' ? resource : JSON.stringify(resource);
    const body = `--x\r\nContent-Type: application/json\r\n\r\n${json}\r\n--x\r\nContent-Type: text/plain\r\n\r\n${content}\r\n--x--`;
    return insert('uploadType=multipart', body, { 'Content-Type': 'multipart/related; boundary=x' });
  };

  test('gives back what the client library uploads in each of its ways', async () => {
    const content = randomBytes(700_000);
    for (const options of [{ resumable: false }, { resumable: true }, { resumable: true, chunkSize: 256 * 1024 }]) {
      const file = bucket.file(`folder/name with ${JSON.stringify(options)}`);
      await file.save(content, { ...options, contentType: 'text/plain', metadata: { metadata: { key: 'ação' } } });
      const [read] = await file.download({ validation: 'crc32c' });
      assert.ok(read.equals(content));
      const [metadata] = await file.getMetadata();
      assert.deepEqual(metadata.metadata, { key: 'ação' });
      assert.equal(metadata.contentType, 'text/plain');
      assert.equal(metadata.size, '700000');
      assert.equal(metadata.md5Hash, createHash('md5').update(content).digest('base64'));
    }
  });

  test('takes a simple upload', async () => {
    const { status, body } = await insert('uploadType=media&name=a%2Fb', 'olá', { 'Content-Type': 'text/plain' });
    assert.deepEqual([status, body.name, body.size, body.contentType], [200, 'a/b', '4', 'text/plain']);
    assert.equal((await send('GET', '/storage/v1/b/pages/o/a%2Fb?alt=media')).body, 'olá');
    assert.equal((await send('GET', '/b/pages/o/a%2Fb')).body.name, 'a/b');
  });

  test('answers 412 when the object is not of the generation that was asked for', async () => {
    const { body: first } = await insert('uploadType=media&name=a&ifGenerationMatch=0', 'first');
    for (const query of ['ifGenerationMatch=0', 'ifGenerationMatch=1', `ifGenerationNotMatch=${first.generation}`]) {
      for (const type of ['media', 'resumable']) {
        const { status, body } = await insert(`uploadType=${type}&name=a&${query}`, type === 'media' ? 'second' : '{}');
        assert.equal(status, 412);
        assert.equal(body.error.errors[0].reason, 'conditionNotMet');
      }
    }
    assert.equal((await send('GET', '/storage/v1/b/pages/o/a?alt=media')).body, 'first');
    const { body: second } = await insert(`uploadType=media&name=a&ifGenerationMatch=${first.generation}`, 'second');
    assert.ok(BigInt(second.generation) > BigInt(first.generation));
    assert.equal((await insert('uploadType=media&name=b&ifGenerationMatch=x')).status, 400);
  });

  test('forbids to replace an object where it is told to', async (t) => {
    const strict = await startStorage({ buckets: ['pages'], canReplace: false });
    t.after(() => strict.close());
    const upload = () => fetch(`${strict.url}/upload/storage/v1/b/pages/o?uploadType=media&name=a`, { method: 'POST' });
    assert.deepEqual([(await upload()).status, (await upload()).status], [200, 403]);
  });

  test('answers 404 for a bucket, an object and a generation that are not there', async () => {
    const { status, body } = await send('POST', '/upload/storage/v1/b/other/o?uploadType=media&name=a', 'text');
    assert.deepEqual([status, body.error.message], [404, 'The specified bucket does not exist.']);
    assert.deepEqual((await send('GET', '/storage/v1/b/pages/o/a%2Fb')).body, {
      error: {
        code: 404,
        message: 'No such object: pages/a/b',
        errors: [{ message: 'No such object: pages/a/b', domain: 'global', reason: 'notFound' }],
      },
    });
    await insert('uploadType=media&name=a');
    assert.equal((await send('GET', '/storage/v1/b/pages/o/a?generation=1')).status, 404);
  });

  test('refuses names that Cloud Storage refuses', async () => {
    const refused = ['', '.', '..', 'a\nb', 'a\rb', '.well-known/acme-challenge/x', 'x'.repeat(1025), 'ó'.repeat(513)];
    for (const name of refused) {
      assert.equal((await insert(new URLSearchParams({ uploadType: 'media', name }).toString())).status, 400, name);
    }
    assert.equal((await insert(`uploadType=media&name=${'x'.repeat(1024)}`)).status, 200);
  });

  test('refuses custom metadata of more than 8 KiB, and values that are no text', async () => {
    assert.equal((await multipart({ name: 'a', metadata: { key: 'x'.repeat(8189) } })).status, 200);
    assert.equal((await multipart({ name: 'a', metadata: { key: 'x'.repeat(8190) } })).status, 400);
    assert.equal((await multipart({ name: 'a', metadata: { key: 'ó'.repeat(4095) } })).status, 400);
    assert.equal((await multipart({ name: 'a', metadata: { key: 1 } })).status, 400);
  });

  test('refuses a content that has not the hash it is announced with', async () => {
    const md5Hash = createHash('md5').update('text').digest('base64');
    assert.equal((await multipart({ name: 'a', md5Hash })).status, 200);
    assert.equal((await multipart({ name: 'b', md5Hash }, 'other')).status, 400);
    assert.equal((await multipart({ name: 'b', crc32c: 'AAAAAA==' })).status, 400);
    assert.deepEqual([...standIn.objects('pages').keys()], ['a']);
  });

  test('refuses uploads that are not well-formed', async () => {
    assert.equal((await multipart('{')).status, 400);
    assert.equal((await insert('uploadType=multipart&name=a', '--x--', { 'Content-Type': 'text/plain' })).status, 400);
    const type = { 'Content-Type': 'multipart/related; boundary=x' };
    assert.equal((await insert('uploadType=multipart&name=a', '--x\r\n\r\n{}\r\n--x--', type)).status, 400);
    assert.equal((await insert('uploadType=other&name=a')).status, 400);
    assert.equal((await insert('name=a')).status, 400);
  });

  test('goes on with a resumable upload where it stopped, and refuses chunks that do not fit', async () => {
    const { headers } = await insert('uploadType=resumable&name=a&ifGenerationMatch=0', '{}');
    const { pathname, search } = new URL(headers.get('location')!);
    const put = (range: string, body: Uint8Array = Buffer.alloc(0)) =>
      send('PUT', pathname + search, body, { 'Content-Range': range });
    const chunk = Buffer.alloc(256 * 1024, 'a');
    assert.equal((await put('bytes */300000')).status, 308);
    assert.equal((await put('bytes 0-9/300000', chunk.subarray(0, 10))).status, 400);
    const kept = await put(`bytes 0-${chunk.length - 1}/300000`, chunk);
    assert.deepEqual([kept.status, kept.headers.get('range')], [308, `bytes=0-${chunk.length - 1}`]);
    assert.equal((await put('bytes 0-9/300000', chunk.subarray(0, 10))).status, 503);
    assert.equal((await put('nonsense', chunk)).status, 400);
    const rest = Buffer.alloc(300_000 - chunk.length, 'b');
    const done = await put(`bytes ${chunk.length}-299999/300000`, rest);
    assert.deepEqual([done.status, done.body.size], [200, '300000']);
    assert.equal((await put('bytes */300000')).status, 404);
  });

  test('makes the trouble that it is told to make, then none', async () => {
    standIn.failNext(1, 403);
    assert.equal((await insert('uploadType=media&name=a')).body.error.errors[0].reason, 'forbidden');
    standIn.failNext(1);
    assert.equal((await insert('uploadType=media&name=a')).status, 503);
    assert.equal(standIn.objects('pages').size, 0);
    standIn.loseNext(1);
    await assert.rejects(insert('uploadType=media&name=a'));
    assert.equal(standIn.objects('pages').size, 1);
    standIn.alterNext(1);
    assert.notEqual((await send('GET', '/storage/v1/b/pages/o/a?alt=media')).body, 'text');
    standIn.alterNext(1);
    await assert.rejects(bucket.file('a').download(), /did not match/);
    const startedAt = performance.now();
    standIn.stallNext(1, 200);
    await send('GET', '/storage/v1/b/pages/o/a');
    assert.ok(performance.now() - startedAt >= 190);
    standIn.failNext(10);
    standIn.recover();
    assert.equal((await send('GET', '/storage/v1/b/pages/o/a')).status, 200);
  });
});
