import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import type { FetchedPage } from '../../../../functions/scrape/page.ts';
import { DamagedRawPageError, MissingRawPageError } from '../../../../functions/scrape/raw-store/errors.ts';
import { createFolderRawStore } from '../../../../functions/scrape/raw-store/folder.ts';
import type { RawStore } from '../../../../functions/scrape/raw-store/raw-store.ts';
import { PermanentError } from '../../../../shared/errors.ts';
import { insertObject } from '../../../stand-ins/storage-objects.ts';
import { context, fetched, sha256, useFolder, useStorage } from './stores.ts';

const folder = useFolder();
const storage = useStorage();

interface Kind {
  name: string;
  open(): RawStore;
  /** Paths of the pages that are kept. */
  paths(): string[];
  /** The bytes as they are kept. */
  content(path: string): Buffer;
  replace(path: string, content: Buffer): Promise<void>;
}
const kinds: Kind[] = [
  {
    name: 'folder',
    open: () => createFolderRawStore(folder.path()),
    paths: () => globSync('bronze/**/*.zst', { cwd: folder.path() }),
    content: (path) => readFileSync(folder.file(path)),
    replace: (path, content) => writeFile(folder.file(path), content),
  },
  {
    name: 'Cloud Storage',
    open: () => storage.open(),
    paths: () => [...storage.objects().keys()],
    content: (path) => storage.objects().get(path)!.content,
    replace: async (path, content) => {
      const objects = storage.objects();
      const { name, contentType, metadata } = objects.get(path)!;
      insertObject(objects, { name, contentType, metadata }, content);
    },
  },
];

for (const kind of kinds) {
  describe(`raw store: ${kind.name}`, () => {
    let store: RawStore;
    beforeEach(() => {
      store = kind.open();
    });
    async function save(page: FetchedPage, source = 'mec'): Promise<string> {
      const path = await store.save(page, { ...context, source });
      assert.ok(path !== null);
      return path;
    }

    test('gives a page back as it was fetched', async () => {
      const page = fetched();
      const path = await save(page);
      assert.equal(path, `bronze/year=2026/month=02/day=02/mec/${sha256(page.bytes)}.zst`);
      assert.deepEqual(await store.read(path), { ...page, platform: 'classic', extractorVersion: 3 });
      assert.deepEqual(zstdDecompressSync(kind.content(path)), page.bytes);
    });

    test('decodes the text as the fetch did', async () => {
      const latin = Buffer.from('<meta charset="utf-8"><p>Ação</p>', 'latin1');
      for (const [bytes, contentType] of [
        [latin, 'text/html; charset=iso-8859-1'],
        [Buffer.from('<p>A\u00e7\u00e3o</p>', 'latin1'), ''],
        [Buffer.from('\ufeff<p>Ação</p>'), 'text/html; charset=iso-8859-1'],
        [Buffer.from('{"html": "<meta charset=iso-8859-1> Ação"}'), 'application/json'],
      ] as const) {
        const page = fetched(bytes, { contentType });
        assert.match(page.body, /Ação/);
        assert.equal((await store.read(await save(page))).body, page.body);
      }
    });

    test('keeps the same bytes of a source and a day once, as they came first', async () => {
      const path = await save(fetched());
      const later = fetched(undefined, { fetchedAt: new Date('2026-02-02T20:00:00Z'), headers: { etag: '"b2"' } });
      assert.equal(await save(later), path);
      assert.deepEqual(kind.paths(), [path]);
      assert.equal((await store.read(path)).headers.etag, '"a1"');
    });

    test('takes the day in UTC', async () => {
      const inTheEvening = fetched('a', { fetchedAt: new Date('2025-12-31T23:30:00-03:00') });
      assert.match(await save(inTheEvening), /^bronze\/year=2026\/month=01\/day=01\//);
    });

    test('makes one whole object of many saves at once', async () => {
      const page = fetched(randomBytes(200_000));
      const stores = Array.from({ length: 8 }, kind.open);
      const paths = await Promise.all(stores.map((each) => each.save(page, context)));
      assert.equal(new Set(paths).size, 1);
      assert.equal(kind.paths().length, 1);
      assert.deepEqual((await store.read(paths[0]!)).bytes, page.bytes);
    });

    test('keeps an empty body', async () => {
      assert.equal((await store.read(await save(fetched('')))).body, '');
    });

    test('keeps a body of 10 MiB that cannot be compressed, and no longer one', async () => {
      const bytes = randomBytes(10 * 1024 * 1024);
      const page = await store.read(await save(fetched(bytes)));
      assert.ok(bytes.equals(page.bytes));
      await assert.rejects(save(fetched(Buffer.alloc(bytes.length + 1))), PermanentError);
    });

    test('makes any name of a source one segment of the path, and different names different ones', async () => {
      const long = 'x'.repeat(300);
      const names = ['', '.', '..', '../../etc', '/abs', 'a/b', 'a%2Fb', 'a\\b', 'a\0b', 'a b', 'órgão', 'a=b', '\n'];
      names.push(long, `${long}y`, 'ó'.repeat(90), '*', '~', 'CON.', '\ud800');
      const segments = new Set<string>();
      for (const name of names) {
        const path = await save(fetched(), name);
        assert.match(path, /^bronze\/year=2026\/month=02\/day=02\/[\w%~-]{1,100}\/[0-9a-f]{64}\.zst$/);
        segments.add(path.split('/')[4]!);
        assert.equal((await store.read(path)).url, fetched().url);
      }
      assert.equal(segments.size, names.length);
      assert.equal(kind.paths().length, names.length);
    });

    test('keeps no cookies, and leaves out a header that is too long', async () => {
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'set-cookie': 'session=secret',
        server: 'nginx',
        etag: `"${'e'.repeat(2000)}"`,
        'last-modified': 'Sun, 01 Feb 2026 10:00:00 GMT',
        'cache-control': 'c'.repeat(1000),
        location: 'l'.repeat(1000),
        link: 'k'.repeat(1000),
      };
      const kept = (await store.read(await save(fetched('a', { headers })))).headers;
      const names = ['content-type', 'last-modified', 'cache-control', 'location'] as const;
      assert.deepEqual(kept, Object.fromEntries(names.map((name) => [name, headers[name]])));
    });

    test('keeps the longest metadata, and refuses longer addresses', async () => {
      const url = `https://www.gov.br/${'a'.repeat(2029)}`;
      const contentType = `text/html; charset=utf-8; x=${'b'.repeat(480)}`;
      const longest = '"'.repeat(1024);
      const headers = { 'content-type': longest, etag: longest, 'last-modified': longest, link: longest };
      const page = fetched('a', { url, requestedUrl: url, contentType, headers });
      const kept = await store.read(await save(page));
      assert.deepEqual([kept.url, kept.requestedUrl, kept.contentType], [url, url, contentType]);
      for (const change of [{ url: `${url}a` }, { requestedUrl: `${url}a` }, { contentType: 'c'.repeat(513) }]) {
        await assert.rejects(save(fetched('b', change)), PermanentError);
      }
    });

    test('names the path of a page that is not there', async () => {
      const path = `bronze/year=2026/month=02/day=02/mec/${'0'.repeat(64)}.zst`;
      await assert.rejects(store.read(path), (error) => error instanceof MissingRawPageError && error.path === path);
    });

    test('refuses paths that are none of its own', async () => {
      const hash = '0'.repeat(64);
      for (const path of [
        '',
        '/etc/passwd',
        `bronze/year=2026/month=02/day=02/../${hash}.zst`,
        `bronze/year=2026/month=02/day=02/a/../../${hash}.zst`,
        `../bronze/year=2026/month=02/day=02/mec/${hash}.zst`,
        `bronze/year=2026/month=02/day=02/mec/${hash}.zst\n`,
        `bronze/year=2026/month=02/day=02/mec/${hash}.json`,
      ]) {
        await assert.rejects(store.read(path), /is no path of a raw page/);
      }
    });

    test('names the path of a page that was cut short or altered', async () => {
      const path = await save(fetched(randomBytes(5000)));
      const whole = Buffer.from(kind.content(path));
      const other = kind.content(await save(fetched('another page')));
      const flipped = Buffer.from(whole);
      flipped[2500]! ^= 1;
      for (const content of [whole.subarray(0, 100), whole.subarray(0, -1), Buffer.alloc(0), flipped, other]) {
        await kind.replace(path, content);
        await assert.rejects(store.read(path), (error) => error instanceof DamagedRawPageError && error.path === path);
      }
    });
  });
}
