import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { DamagedRawPageError } from '../../../../functions/scrape/raw-store/errors.ts';
import { createFolderRawStore } from '../../../../functions/scrape/raw-store/folder.ts';
import { ConfigError, RetryableError } from '../../../../shared/errors.ts';
import { context, fetched, sha256, useFolder } from './stores.ts';

describe('raw store: folder', () => {
  const folder = useFolder();

  test('keeps the metadata beside the page, for people and other programs', async () => {
    const path = await createFolderRawStore(folder.path()).save(fetched(), context);
    assert.deepEqual(JSON.parse(await readFile(folder.file(path!.replace('.zst', '.json')), 'utf8')), {
      url: 'https://www.gov.br/mec/pt-br/noticias/escola',
      requested_url: 'https://www.gov.br/mec/pt-br/noticias/escola/view',
      status: 200,
      content_type: 'text/html; charset=utf-8',
      headers: {
        'content-type': 'text/html; charset=utf-8',
        etag: '"a1"',
        date: 'Mon, 02 Feb 2026 01:30:00 GMT',
      },
      fetched_at: '2026-02-02T01:30:00.250Z',
      platform: 'classic',
      extractor_version: 3,
    });
  });

  test('names the path of a page whose metadata is missing, cut short or of another kind', async () => {
    const store = createFolderRawStore(folder.path());
    const path = (await store.save(fetched(), context))!;
    const metadata = folder.file(path.replace('.zst', '.json'));
    const text = await readFile(metadata, 'utf8');
    const isDamage = (error: unknown) => error instanceof DamagedRawPageError && error.path === path;
    for (const wrong of ['', 'null', text.slice(0, 60), text.replace('classic', 'wordpress')]) {
      await writeFile(metadata, wrong);
      await assert.rejects(store.read(path), isDamage);
    }
    await rm(metadata);
    await assert.rejects(store.read(path), isDamage);
  });

  test('does not read a file that is longer than any page', async () => {
    const store = createFolderRawStore(folder.path());
    const path = (await store.save(fetched(), context))!;
    await truncate(folder.file(path), 3 * 1024 ** 3);
    await assert.rejects(store.read(path), DamagedRawPageError);
  });

  test('does not unpack more than a page may have', async () => {
    const store = createFolderRawStore(folder.path());
    const path = (await store.save(fetched(), context))!;
    const bomb = Buffer.alloc(11 * 1024 * 1024);
    const bombPath = path.replace(/[0-9a-f]{64}/, sha256(bomb));
    await copyFile(folder.file(path.replace('.zst', '.json')), folder.file(bombPath.replace('.zst', '.json')));
    await writeFile(folder.file(bombPath), zstdCompressSync(bomb));
    await assert.rejects(store.read(bombPath), /cannot be decompressed/);
  });

  test('shows no page before its metadata', async () => {
    const store = createFolderRawStore(folder.path());
    const path = (await store.save(fetched(), context))!;
    const metadata = folder.file(path.replace('.zst', '.json'));
    await rm(folder.file(path));
    await rm(metadata);
    await mkdir(metadata);
    await assert.rejects(store.save(fetched(), context), RetryableError);
    assert.equal(existsSync(folder.file(path)), false);
    assert.deepEqual(await readdir(folder.file('.staging')), []);
  });

  test('does not write a page again that is there', async () => {
    const store = createFolderRawStore(folder.path());
    const path = (await store.save(fetched(), context))!;
    const before = await stat(folder.file(path));
    await store.save(fetched(), context);
    assert.equal((await stat(folder.file(path))).ino, before.ino);
  });

  test('clears away what a killed process left a day ago, and nothing younger', async () => {
    await createFolderRawStore(folder.path()).save(fetched('a'), context);
    await writeFile(folder.file('.staging/old'), 'half');
    await writeFile(folder.file('.staging/young'), 'half');
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(folder.file('.staging/old'), twoDaysAgo, twoDaysAgo);
    await createFolderRawStore(folder.path()).save(fetched('b'), context);
    assert.deepEqual(await readdir(folder.file('.staging')), ['young']);
  });

  test('loses no page to what cannot be cleared away, and clears away the rest', async () => {
    const past = new Date(Date.now() - 48 * 3_600_000);
    await mkdir(folder.file('.staging/no-file'), { recursive: true });
    for (const name of ['1', 'a', 'm', 'z']) await writeFile(folder.file(`.staging/${name}`), 'half');
    for (const name of ['1', 'a', 'm', 'no-file', 'z']) await utimes(folder.file(`.staging/${name}`), past, past);
    const store = createFolderRawStore(folder.path());
    for (const body of ['a', 'b']) {
      const path = await store.save(fetched(body), context);
      assert.equal((await store.read(path!)).body, body);
    }
    assert.deepEqual(await readdir(folder.file('.staging')), ['no-file']);
  });

  test('says what is wrong with a folder that cannot be one', async () => {
    await writeFile(folder.file('file'), '');
    await assert.rejects(createFolderRawStore(folder.file('file')).save(fetched(), context), ConfigError);
    if (process.getuid?.() === 0) return; // Rights do not bind root.
    await chmod(folder.path(), 0o500);
    await assert.rejects(createFolderRawStore(folder.path()).save(fetched(), context), ConfigError);
  });
});
