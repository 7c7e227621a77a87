import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { decodeBody } from '../../../../functions/scrape/fetch/read-body.ts';
import type { FetchedPage } from '../../../../functions/scrape/page.ts';
import { DamagedRawPageError, MissingRawPageError } from '../../../../functions/scrape/raw-store/errors.ts';
import { createFolderRawStore } from '../../../../functions/scrape/raw-store/folder.ts';
import { createGcsRawStore } from '../../../../functions/scrape/raw-store/gcs.ts';
import { openRawStore, rawStoreSettings } from '../../../../functions/scrape/raw-store/open.ts';
import type { RawStore } from '../../../../functions/scrape/raw-store/raw-store.ts';
import { loadConfig } from '../../../../shared/config.ts';
import { ConfigError, PermanentError, RetryableError } from '../../../../shared/errors.ts';
import { type StorageStandIn, startStorage } from '../../../stand-ins/storage.ts';
import { insertObject } from '../../../stand-ins/storage-objects.ts';

const context = { source: 'mec', platform: 'classic', extractorVersion: 3 } as const;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function fetched(body: string | Uint8Array = '<h1>Educação</h1>', changes: Partial<FetchedPage> = {}): FetchedPage {
  const bytes = Buffer.from(body as string);
  const contentType = changes.contentType ?? 'text/html; charset=utf-8';
  return {
    requestedUrl: 'https://www.gov.br/mec/pt-br/noticias/escola/view',
    url: 'https://www.gov.br/mec/pt-br/noticias/escola',
    status: 200,
    contentType,
    headers: { 'content-type': contentType, etag: '"a1"', date: 'Mon, 02 Feb 2026 01:30:00 GMT' },
    bytes,
    body: decodeBody(bytes, contentType),
    fetchedAt: new Date('2026-02-02T01:30:00.250Z'),
    ...changes,
  };
}

let folder: string;
let storage: StorageStandIn;
before(async () => {
  storage = await startStorage({ buckets: ['pages'] });
});
after(() => storage.close());
beforeEach(async (context) => {
  folder = await mkdtemp(join(tmpdir(), 'raw-store-'));
  if ('after' in context) context.after(() => rm(folder, { recursive: true, force: true }));
  storage.objects('pages').clear();
  storage.recover();
});

const gcs = (options: { bucket?: string; timeoutMs?: number } = {}) =>
  createGcsRawStore({ bucket: 'pages', apiEndpoint: storage.url, ...options });
const inFolder = (path: string) => join(folder, path);

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
    open: () => createFolderRawStore(folder),
    paths: () => globSync('bronze/**/*.zst', { cwd: folder }),
    content: (path) => readFileSync(inFolder(path)),
    replace: (path, content) => writeFile(inFolder(path), content),
  },
  {
    name: 'Cloud Storage',
    open: gcs,
    paths: () => [...storage.objects('pages').keys()],
    content: (path) => storage.objects('pages').get(path)!.content,
    replace: async (path, content) => {
      const objects = storage.objects('pages');
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

describe('raw store: folder', () => {
  const modulePath = new URL('../../../../functions/scrape/raw-store/folder.ts', import.meta.url).href;

  /** A process that saves pages of 300 kB, those of one seed being the same, until it is done or killed. */
  function saver(count: number, seed: string) {
    const script = `
      import { createFolderRawStore } from ${JSON.stringify(modulePath)};
      import { hash } from 'node:crypto';
      const store = createFolderRawStore(${JSON.stringify(folder)});
      for (let index = 0; index < ${count}; index++) {
        let bytes = Buffer.from(hash('sha512', '${seed}' + index));
        while (bytes.length < 300_000) bytes = Buffer.concat([bytes, Buffer.from(hash('sha512', bytes, 'buffer')), bytes]);
        const page = { ...${JSON.stringify({ ...fetched(), bytes: null })}, bytes, fetchedAt: new Date('2026-02-02') };
        await store.save(page, ${JSON.stringify(context)});
        console.log(index);
      }`;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }
  const readAll = async () => {
    const paths = globSync('bronze/**/*.zst', { cwd: folder });
    for (const path of paths) await createFolderRawStore(folder).read(path);
    return paths.length;
  };

  test('holds only whole pages after three processes saved the same ones', { timeout: 60_000 }, async () => {
    const codes = await Promise.all([1, 2, 3].map(() => once(saver(20, 'same'), 'exit')));
    assert.deepEqual(codes.flat(), [0, null, 0, null, 0, null]);
    assert.equal(await readAll(), 20);
    assert.deepEqual(await readdir(inFolder('.staging')), []);
  });

  test('holds only whole pages after a process was killed', { timeout: 60_000 }, async () => {
    for (const round of ['a', 'b', 'c']) {
      const child = saver(1_000_000, round);
      let savedCount = 0;
      for await (const _ of child.stdout) if (++savedCount === 5) break;
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    assert.ok((await readAll()) >= 15);
  });

  test('keeps the metadata beside the page, for people and other programs', async () => {
    const path = await createFolderRawStore(folder).save(fetched(), context);
    assert.deepEqual(JSON.parse(await readFile(inFolder(path!.replace('.zst', '.json')), 'utf8')), {
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
    const store = createFolderRawStore(folder);
    const path = (await store.save(fetched(), context))!;
    const metadata = inFolder(path.replace('.zst', '.json'));
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
    const store = createFolderRawStore(folder);
    const path = (await store.save(fetched(), context))!;
    await truncate(inFolder(path), 3 * 1024 ** 3);
    await assert.rejects(store.read(path), DamagedRawPageError);
  });

  test('does not unpack more than a page may have', async () => {
    const store = createFolderRawStore(folder);
    const path = (await store.save(fetched(), context))!;
    const bomb = Buffer.alloc(11 * 1024 * 1024);
    const bombPath = path.replace(/[0-9a-f]{64}/, sha256(bomb));
    await copyFile(inFolder(path.replace('.zst', '.json')), inFolder(bombPath.replace('.zst', '.json')));
    await writeFile(inFolder(bombPath), zstdCompressSync(bomb));
    await assert.rejects(store.read(bombPath), /cannot be decompressed/);
  });

  test('shows no page before its metadata', async () => {
    const store = createFolderRawStore(folder);
    const path = (await store.save(fetched(), context))!;
    const metadata = inFolder(path.replace('.zst', '.json'));
    await rm(inFolder(path));
    await rm(metadata);
    await mkdir(metadata);
    await assert.rejects(store.save(fetched(), context), RetryableError);
    assert.equal(existsSync(inFolder(path)), false);
    assert.deepEqual(await readdir(inFolder('.staging')), []);
  });

  test('does not write a page again that is there', async () => {
    const store = createFolderRawStore(folder);
    const path = (await store.save(fetched(), context))!;
    const before = await stat(inFolder(path));
    await store.save(fetched(), context);
    assert.equal((await stat(inFolder(path))).ino, before.ino);
  });

  test('clears away what a killed process left a day ago, and nothing younger', async () => {
    await createFolderRawStore(folder).save(fetched('a'), context);
    await writeFile(inFolder('.staging/old'), 'half');
    await writeFile(inFolder('.staging/young'), 'half');
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(inFolder('.staging/old'), twoDaysAgo, twoDaysAgo);
    await createFolderRawStore(folder).save(fetched('b'), context);
    assert.deepEqual(await readdir(inFolder('.staging')), ['young']);
  });

  test('says what is wrong with a folder that cannot be one', async () => {
    await writeFile(inFolder('file'), '');
    await assert.rejects(createFolderRawStore(inFolder('file')).save(fetched(), context), ConfigError);
    if (process.getuid?.() === 0) return; // Rights do not bind root.
    await chmod(folder, 0o500);
    await assert.rejects(createFolderRawStore(folder).save(fetched(), context), ConfigError);
  });
});

describe('raw store: Cloud Storage', () => {
  const page = fetched();
  const keep = async () => (await gcs().save(page, context))!;
  const failing = (type: new (message: string) => Error, pattern: RegExp) => (error: unknown) =>
    error instanceof type && pattern.test(error.message);

  test('creates the object only where there is none, in one request', async () => {
    const before = storage.requests().length;
    await keep();
    await keep();
    const requests = storage.requests().slice(before);
    assert.equal(requests.length, 2);
    for (const request of requests) assert.match(request, /^POST .*uploadType=multipart.*ifGenerationMatch=0/);
    assert.equal([...storage.objects('pages').values()][0]!.contentType, 'application/zstd');
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
    storage.failNext(1);
    const path = await keep();
    storage.failNext(1);
    assert.equal((await gcs().read(path)).body, page.body);
  });

  test('is content when the answer to its own upload is lost', async () => {
    storage.loseNext(1);
    assert.equal((await gcs().read(await keep())).body, page.body);
  });

  test('takes an outage for passing, and names the object', async () => {
    const path = await keep();
    const isOutage = failing(RetryableError, /gs:\/\/pages\/bronze\//);
    storage.failNext(1, 501);
    await assert.rejects(gcs().save(page, context), failing(RetryableError, /status 501/));
    storage.failNext(100);
    await Promise.all([
      assert.rejects(gcs({ timeoutMs: 3000 }).save(page, context), isOutage),
      assert.rejects(gcs({ timeoutMs: 3000 }).read(path), isOutage),
    ]);
  });

  test('gives up when no answer comes', async () => {
    const path = await keep();
    storage.stallNext(2, 60_000);
    const isLate = failing(RetryableError, /no answer within 300 ms/);
    await Promise.all([
      assert.rejects(gcs({ timeoutMs: 300 }).save(page, context), isLate),
      assert.rejects(gcs({ timeoutMs: 300 }).read(path), isLate),
    ]);
  });

  test('keeps nothing that was altered on the way, and reads nothing that was', async () => {
    storage.alterNext(1);
    await assert.rejects(keep(), RetryableError);
    assert.equal(storage.objects('pages').size, 0);
    const path = await keep();
    storage.alterNext(1);
    await assert.rejects(gcs().read(path), RetryableError);
  });

  test('takes a bucket that is not there, or is not for us, for a matter of the environment', async () => {
    const path = await keep();
    for (const status of [401, 403]) {
      storage.failNext(2, status);
      await assert.rejects(gcs().save(page, context), failing(ConfigError, new RegExp(`status ${status}`)));
      storage.failNext(1, status);
      await assert.rejects(gcs().read(path), ConfigError);
    }
    await assert.rejects(gcs({ bucket: 'other' }).save(page, context), failing(ConfigError, /bucket does not exist/));
    await assert.rejects(gcs({ bucket: 'other' }).read(path), ConfigError);
  });

  test('takes a refusal of the request for final', async () => {
    storage.failNext(1, 400);
    await assert.rejects(keep(), PermanentError);
  });

  test('does not fetch an object that is longer than any page', async () => {
    const path = await keep();
    const object = storage.objects('pages').get(path)!;
    storage.objects('pages').set(path, { ...object, content: Buffer.alloc(11 * 1024 * 1024) });
    const before = storage.requests().length;
    await assert.rejects(gcs().read(path), DamagedRawPageError);
    assert.equal(storage.requests().length - before, 1);
  });
});

describe('openRawStore', () => {
  const open = (RAW_STORE?: string) => openRawStore(loadConfig(z.object(rawStoreSettings), { RAW_STORE }));

  test('keeps nothing where no place is given', async () => {
    const store = open();
    assert.equal(await store.save(fetched(), context), null);
    await assert.rejects(store.read('bronze/x'), MissingRawPageError);
  });

  test('keeps pages in a folder', async () => {
    const path = await open(folder).save(fetched(), context);
    assert.ok(existsSync(inFolder(path!)));
  });

  test('keeps pages in a bucket, at the emulator when there is one', async (t) => {
    process.env.STORAGE_EMULATOR_HOST = storage.url;
    t.after(() => {
      delete process.env.STORAGE_EMULATOR_HOST;
    });
    const store = open('gs://pages/');
    const path = await store.save(fetched(), context);
    assert.ok(storage.objects('pages').has(path!));
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
