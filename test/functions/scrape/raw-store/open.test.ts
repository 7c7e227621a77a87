import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { MissingRawPageError } from '../../../../functions/scrape/raw-store/errors.ts';
import { openRawStore, rawStoreSettings } from '../../../../functions/scrape/raw-store/open.ts';
import { loadConfig } from '../../../../shared/config.ts';
import { ConfigError } from '../../../../shared/errors.ts';
import { context, fetched, useFolder, useStorage } from './stores.ts';

describe('openRawStore', () => {
  const folder = useFolder();
  const storage = useStorage();
  const open = (RAW_STORE?: string) => openRawStore(loadConfig(z.object(rawStoreSettings), { RAW_STORE }));

  test('keeps nothing where no place is given', async () => {
    const store = open();
    assert.equal(await store.save(fetched(), context), null);
    await assert.rejects(store.read('bronze/x'), MissingRawPageError);
  });

  test('keeps pages in a folder', async () => {
    const path = await open(folder.path()).save(fetched(), context);
    assert.ok(existsSync(folder.file(path!)));
  });

  test('keeps pages in a bucket, at the emulator when there is one', async (t) => {
    process.env.STORAGE_EMULATOR_HOST = storage.server().url;
    t.after(() => {
      delete process.env.STORAGE_EMULATOR_HOST;
    });
    const store = open('gs://pages/');
    const path = await store.save(fetched(), context);
    assert.ok(storage.objects().has(path!));
    assert.equal((await store.read(path!)).body, fetched().body);
  });

  test('refuses other places', () => {
    for (const place of ['s3://bucket', 'gs://', 'gs://UPPER', 'gs://bucket/prefix', 'https://example.org']) {
      assert.throws(() => open(place), failingConfig);
    }
    function failingConfig(error: unknown) {
      return error instanceof ConfigError && /RAW_STORE: must be a folder or gs:\/\/bucket/.test(error.message);
    }
  });
});
