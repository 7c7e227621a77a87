import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { type HubDatasetOptions, openHubDataset } from '../../shared/hub.ts';
import type { HubChange } from '../../shared/hub-commit.ts';
import { RateLimitedError } from '../../shared/hub-errors.ts';
import type { HubObject } from '../../shared/hub-upload.ts';
import { type HubStandIn, startHub } from '../stand-ins/hub.ts';

const REPO = 'nobody/news';
const PART_BYTES = 1_000;

let hub: HubStandIn;
beforeEach(async () => {
  hub = await startHub({ partSizeBytes: PART_BYTES, maxFileBytes: 100_000, readToken: 'hf_read' });
  await hub.create(REPO);
});
afterEach(() => hub.close());

const open = (options: Partial<HubDatasetOptions> = {}) =>
  openHubDataset({ endpoint: hub.url, token: 'hf_test', repo: REPO, branch: 'main', pauseMs: 1, ...options });

/** Requests to one step of the protocol, by a part of their line. */
const asked = (part: string) => hub.requests().filter((line) => line.includes(part)).length;

function objectOf(bytes: Buffer): HubObject {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    sha256,
    sizeBytes: bytes.byteLength,
    read: async function* (start, end) {
      for (let at = start; at < end; at += 300) yield bytes.subarray(at, Math.min(at + 300, end));
    },
  };
}

const changeOf = (parent: string, object: HubObject, rest: Partial<HubChange> = {}): HubChange => ({
  parent,
  title: 'Change',
  objects: [
    { path: 'data/train-a.parquet', sha256: object.sha256, sizeBytes: object.sizeBytes, sample: Buffer.from('PAR1') },
  ],
  texts: [],
  deletes: [],
  ...rest,
});

describe('the Hub: uploads', () => {
  test('an object goes whole or in parts, is checked, and is not sent again', async () => {
    for (const size of [1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES]) {
      const bytes = randomBytes(size);
      const dataset = open();
      const object = objectOf(bytes);
      await dataset.upload(object);
      const before = hub.requests().length;
      await dataset.upload(object);
      assert.equal(hub.requests().length - before, 1, 'only the batch is asked');

      const result = await dataset.commit(changeOf(await dataset.readHead(), object));
      assert.notEqual(result, 'head-moved');
      assert.ok(bytes.equals(await hub.content(REPO, 'data/train-a.parquet')));
    }
    assert.equal(asked('complete_multipart'), 2);
    assert.equal(asked('/verify'), 4);
  });

  for (const size of [PART_BYTES, 3 * PART_BYTES]) {
    test(`a connection that is cut in mid-upload of ${size} bytes is no loss`, async () => {
      hub.dropAt('put', { count: 2 });
      const object = objectOf(randomBytes(size));
      await open().upload(object);
      await open().commit(changeOf(await open().readHead(), object));
      assert.equal((await hub.files(REPO)).find(({ path }) => path.startsWith('data/'))?.sha256, object.sha256);
    });
  }

  for (const step of ['batch', 'put', 'complete', 'verify'] as const) {
    test(`${step}: answers of 503 and 429, lost answers and expired addresses are tried again`, async () => {
      hub.failAt(step, { status: 503 });
      hub.failAt(step, { status: 429, headers: { 'Retry-After': '0' } });
      hub.dropAt(step, { when: 'after' });
      if (step !== 'batch') hub.failAt(step, { status: 403 });
      const object = objectOf(randomBytes(2 * PART_BYTES));
      await open().upload(object);
      assert.notEqual(await open().commit(changeOf(await open().readHead(), object)), 'head-moved');
    });
  }

  test('a storage that always refuses ends the upload', async () => {
    hub.failAt('put', { status: 403, count: 100 });
    await assert.rejects(open().upload(objectOf(randomBytes(10))), { name: 'UploadExpiredError' });
    assert.equal(asked('/batch'), 3);
  });

  test('bytes that differ from their hash are refused, and nothing stands under it', async () => {
    const object = { ...objectOf(randomBytes(10)), sha256: 'a'.repeat(64) };
    await assert.rejects(open().upload(object), RetryableError);
    await assert.rejects(open().commit(changeOf(await open().readHead(), object)), PermanentError);
    assert.equal((await hub.commits(REPO)).length, 1);
  });

  test('what fails while it is read keeps its own error', async () => {
    const failing = async function* () {
      yield Buffer.alloc(1);
      throw new PermanentError('no such file any more');
    };
    const object = { ...objectOf(randomBytes(10)), read: failing };
    await assert.rejects(open({ attempts: 2 }).upload(object), /no such file any more/);
  });

  test('a file that is larger than the Hub takes says what to lower', async () => {
    await assert.rejects(open().upload(objectOf(randomBytes(100_001))), {
      name: PermanentError.name,
      message: /lower EXPORT_MAX_SHARD_MB/,
    });
  });
});

describe('the Hub: commits', () => {
  const landed = async () => (await hub.commits(REPO)).length - 1;

  test('one commit adds by hash, writes texts and deletes', async () => {
    const dataset = open();
    const [a, b] = [objectOf(randomBytes(100)), objectOf(randomBytes(100))];
    await dataset.upload(a);
    await dataset.upload(b);
    const first = await dataset.commit(
      changeOf(await dataset.readHead(), a, { texts: [{ path: 'README.md', text: 'Título\n' }] }),
    );
    assert.ok(first !== 'head-moved');
    assert.equal(await dataset.readText('README.md', first.oid), 'Título\n');
    const second = await dataset.commit(changeOf(first.oid, b, { deletes: ['README.md'] }));
    assert.ok(second !== 'head-moved');
    assert.equal(await dataset.readHead(), second.oid);
    assert.deepEqual(
      (await dataset.listFiles(second.oid)).map(({ path, sizeBytes, sha256 }) => [path, sizeBytes, sha256]),
      [
        ['.gitattributes', (await hub.content(REPO, '.gitattributes')).length, undefined],
        ['data/train-a.parquet', 100, b.sha256],
      ],
    );
    assert.deepEqual((await dataset.listFiles(first.oid)).map(({ path }) => path).sort(), [
      '.gitattributes',
      'README.md',
      'data/train-a.parquet',
    ]);
  });

  test('a parent that is not the head is refused', async () => {
    const dataset = open();
    const object = objectOf(randomBytes(100));
    await dataset.upload(object);
    const head = await dataset.readHead();
    await dataset.commit(changeOf(head, object));
    const other = objectOf(randomBytes(100));
    await dataset.upload(other);
    assert.equal(await dataset.commit(changeOf(head, other)), 'head-moved');
    assert.equal(await landed(), 1);
  });

  for (const [name, fail] of [
    ['5xx', () => hub.failAt('commit', { status: 504, when: 'after' })],
    ['a cut connection', () => hub.dropAt('commit', { when: 'after' })],
    ['a timeout', () => hub.stallAt('commit', { ms: 5_000, when: 'after' })],
  ] as const) {
    test(`a commit that landed under ${name} is found by its content, and not made twice`, async () => {
      const dataset = open({ commitTimeoutMs: 1_000 });
      const object = objectOf(randomBytes(100));
      await dataset.upload(object);
      const head = await dataset.readHead();
      fail();
      const texts = [{ path: 'README.md', text: 'Título\n' }];
      const result = await dataset.commit(changeOf(head, object, { texts }));
      assert.deepEqual(result, { oid: await dataset.readHead() });
      assert.deepEqual([await landed(), asked('/commit/')], [1, 1]);
    });

    test(`somebody else's commit is not taken for one that was lost by ${name}`, async () => {
      const dataset = open({ commitTimeoutMs: 1_000 });
      const [mine, other] = [objectOf(randomBytes(100)), objectOf(randomBytes(100))];
      for (const object of [mine, other]) await dataset.upload(object);
      const head = await dataset.readHead();
      await dataset.commit(changeOf(head, other));
      hub.failAt('commit', { status: 500 });
      fail();
      assert.equal(await dataset.commit(changeOf(head, mine)), 'head-moved');
    });
  }

  test('a try that lands late, before the next one, is found as well', async () => {
    let land: (() => Promise<Response>) | undefined;
    const slow: typeof fetch = async (url, init) => {
      if (!String(url).includes('/commit/')) return await fetch(url, init);
      if (land) await land();
      else {
        land = () => fetch(url, init);
        throw new TypeError('fetch failed');
      }
      return await fetch(url, init);
    };
    const dataset = open({ fetch: slow });
    const object = objectOf(randomBytes(100));
    await dataset.upload(object);
    const result = await dataset.commit(changeOf(await dataset.readHead(), object));
    assert.deepEqual(result, { oid: await dataset.readHead() });
    assert.deepEqual([await landed(), asked('/commit/')], [1, 2]);
  });

  test('a commit that failed is made by another try', async () => {
    const dataset = open();
    const object = objectOf(randomBytes(100));
    await dataset.upload(object);
    hub.failAt('commit', { status: 503, count: 2 });
    assert.notEqual(await dataset.commit(changeOf(await dataset.readHead(), object)), 'head-moved');
    assert.deepEqual([await landed(), asked('/commit/')], [1, 3]);
  });

  test('a limit is waited for as the Hub asks, within bounds', async () => {
    const dataset = open({ maxPauseMs: 2_000 });
    const object = objectOf(randomBytes(100));
    await dataset.upload(object);
    const head = await dataset.readHead();
    hub.failAt('commit', { status: 429, headers: { 'Retry-After': '3600' } });
    await assert.rejects(dataset.commit(changeOf(head, object)), (error) => {
      assert.ok(error instanceof RateLimitedError);
      assert.equal(error.retryAfterMs, 3_600_000);
      return true;
    });
    hub.failAt('commit', { status: 429, headers: { RateLimit: '"api";r=0;t=1' } });
    const askedAt = performance.now();
    assert.notEqual(await dataset.commit(changeOf(head, object)), 'head-moved');
    assert.ok(performance.now() - askedAt >= 990);
    assert.equal(await landed(), 1);
  });

  test('a limit that does not end is not waited for for ever', async () => {
    hub.failAt('info', { status: 429, headers: { 'Retry-After': '0' }, count: 100 });
    await assert.rejects(open({ attempts: 3 }).readHead(), RateLimitedError);
    assert.equal(asked('/revision/'), 3);
  });
});

describe('the Hub: refusals', () => {
  const rejectsAsConfig = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, { name: ConfigError.name, message });

  test('say what to mend', async () => {
    await rejectsAsConfig(open({ token: 'hf_wrong' }).readHead(), /HF_TOKEN is wrong or expired/);
    await rejectsAsConfig(open({ repo: 'nobody/none' }).readHead(), /nobody\/none.*create it on the Hub.*EXPORT_REPO/);
    await rejectsAsConfig(open({ branch: 'none' }).readHead(), /no such branch/);
    await rejectsAsConfig(open({ token: 'hf_read' }).upload(objectOf(randomBytes(10))), /may not write there/);
  });

  test('never show the token', async () => {
    for (const token of ['hf_wrong', 'hf_read']) {
      const error = await open({ token })
        .upload(objectOf(randomBytes(10)))
        .catch((error: unknown) => error);
      assert.ok(error instanceof Error && !error.message.includes(token));
    }
  });

  test('a Hub that is not there may be there later', async () => {
    const gone = await startHub();
    await gone.close();
    const dataset = open({ endpoint: gone.url, attempts: 2 });
    await assert.rejects(dataset.readHead(), { name: RetryableError.name, message: /no answer.*ECONNREFUSED/ });
  });

  test('a tree of many pages is read whole', async () => {
    const dataset = open();
    const texts = Array.from({ length: 1_234 }, (_, index) => ({ path: `notes/${index}.txt`, text: String(index) }));
    const result = await dataset.commit({
      ...changeOf(await dataset.readHead(), objectOf(Buffer.of(1))),
      objects: [],
      texts,
    });
    assert.ok(result !== 'head-moved');
    hub.dropAt('tree');
    const paths = (await dataset.listFiles(result.oid)).map(({ path }) => path);
    assert.equal(new Set(paths).size, 1_235);
  });
});
