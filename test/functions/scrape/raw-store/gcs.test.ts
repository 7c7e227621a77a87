import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DamagedRawPageError } from '../../../../functions/scrape/raw-store/errors.ts';
import { createGcsRawStore } from '../../../../functions/scrape/raw-store/gcs.ts';
import { ConfigError, PermanentError, RetryableError } from '../../../../shared/errors.ts';
import { startStorage } from '../../../stand-ins/storage.ts';
import { context, fetched, useStorage } from './stores.ts';

describe('raw store: Cloud Storage', () => {
  const storage = useStorage();
  const page = fetched();
  const keep = async () => (await storage.open().save(page, context))!;
  const failing = (type: new (message: string) => Error, pattern: RegExp) => (error: unknown) =>
    error instanceof type && pattern.test(error.message);

  test('creates the object only where there is none, in one request', async () => {
    const before = storage.server().requests().length;
    await keep();
    await keep();
    const requests = storage.server().requests().slice(before);
    assert.equal(requests.length, 2);
    for (const request of requests) assert.match(request, /^POST .*uploadType=multipart.*ifGenerationMatch=0/);
    assert.equal([...storage.objects().values()][0]!.contentType, 'application/zstd');
  });

  test('needs no right to replace objects', async (t) => {
    const strict = await startStorage({ buckets: ['pages'], canReplace: false });
    t.after(() => strict.close());
    const store = createGcsRawStore({ bucket: 'pages', apiEndpoint: strict.url });
    const path = await store.save(page, context);
    assert.equal(await store.save(page, context), path);
    strict.failNext(2, 403);
    await assert.rejects(store.save(page, context), failing(ConfigError, /status 403: Told to answer 403/));
  });

  test('tries again after a 503', async () => {
    storage.server().failNext(1);
    const path = await keep();
    storage.server().failNext(1);
    assert.equal((await storage.open().read(path)).body, page.body);
  });

  test('is content when the answer to its own upload is lost', async () => {
    storage.server().loseNext(1);
    assert.equal((await storage.open().read(await keep())).body, page.body);
  });

  test('takes an outage for passing, and names the object', async () => {
    const path = await keep();
    const isOutage = failing(RetryableError, /gs:\/\/pages\/bronze\//);
    storage.server().failNext(1, 501);
    await assert.rejects(storage.open().save(page, context), failing(RetryableError, /status 501/));
    storage.server().failNext(100);
    await Promise.all([
      assert.rejects(storage.open({ timeoutMs: 3000 }).save(page, context), isOutage),
      assert.rejects(storage.open({ timeoutMs: 3000 }).read(path), isOutage),
    ]);
  });

  test('gives up when no answer comes', async () => {
    const path = await keep();
    storage.server().stallNext(2, 60_000);
    const isLate = failing(RetryableError, /no answer within 300 ms/);
    await Promise.all([
      assert.rejects(storage.open({ timeoutMs: 300 }).save(page, context), isLate),
      assert.rejects(storage.open({ timeoutMs: 300 }).read(path), isLate),
    ]);
  });

  test('keeps nothing that was altered on the way, and reads nothing that was', async () => {
    storage.server().alterNext(1);
    await assert.rejects(keep(), RetryableError);
    assert.equal(storage.objects().size, 0);
    const path = await keep();
    storage.server().alterNext(1);
    await assert.rejects(storage.open().read(path), RetryableError);
  });

  test('takes a bucket that is not there, or is not for us, for a matter of the environment', async () => {
    const path = await keep();
    for (const status of [401, 403]) {
      storage.server().failNext(100, status);
      await assert.rejects(storage.open().save(page, context), failing(ConfigError, new RegExp(`status ${status}`)));
      await assert.rejects(storage.open().read(path), ConfigError);
    }
    storage.server().recover();
    await assert.rejects(
      storage.open({ bucket: 'other' }).save(page, context),
      failing(ConfigError, /bucket does not exist/),
    );
    await assert.rejects(storage.open({ bucket: 'other' }).read(path), ConfigError);
  });

  test('takes a refusal of the request for final', async () => {
    // More than one: what an earlier test gave up may still arrive, and take the first.
    storage.server().failNext(100, 400);
    await assert.rejects(keep(), PermanentError);
    storage.server().recover();
  });

  test('does not fetch an object that is longer than any page', async () => {
    const path = await keep();
    const object = storage.objects().get(path)!;
    storage.objects().set(path, { ...object, content: Buffer.alloc(11 * 1024 * 1024) });
    const before = storage.server().requests().length;
    await assert.rejects(storage.open().read(path), DamagedRawPageError);
    assert.equal(storage.server().requests().length - before, 1);
  });
});
