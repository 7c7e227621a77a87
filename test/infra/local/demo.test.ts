import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type DemoResult, runDemo } from '../../../infra/local/demo.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { type Sites, startSites } from '../../stand-ins/sites/server.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const size = 40;
const broken = 3;

/** The same promises on both databases. */
function describeDemo(name: string, options: { skip: string | false; openUrl(): Promise<string | undefined> }): void {
  describe(`the demo on ${name}`, { skip: options.skip }, () => {
    let folder: string;
    let sites: Sites;
    let databaseUrl: string | undefined;
    const run = (query = 'educação') =>
      runDemo({
        data: folder,
        query,
        articles: size,
        site: `http://127.0.0.1:${sites.port}`,
        ...(databaseUrl ? { databaseUrl } : {}),
      });

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'demo-'));
      sites = await startSites({ articles: size, broken });
      databaseUrl = await options.openUrl();
    });
    after(async () => {
      await sites.close();
      await rm(folder, { recursive: true });
    });

    test('every article arrives in all stages once, and every broken page is kept in quarantine', async () => {
      const result = await run();
      assert.equal(result.source, 'sample');
      assertComplete(result);
      assert.equal(result.changed.messages, 4 * size);
      assert.ok(result.latency_ms.p50! > 0 && result.latency_ms.p95! >= result.latency_ms.p50!);
      assert.ok(
        result.results.length > 0 && result.results.every(({ title, url, score }) => title && url && score > 0),
      );
      for (const path of result.shards) assert.ok((await stat(path)).size > 0, path);
    });

    test('a second run changes nothing', async () => {
      const result = await run();
      assertComplete(result);
      assert.deepEqual(result.changed, { versions: 0, messages: 0, shards: 0 });
      assert.deepEqual(result.latency_ms, { p50: null, p95: null });
    });

    test('an edited article travels again, and no other', async () => {
      const index = sites.articles.findIndex(({ agencyKey }) => agencyKey === 'mec');
      sites.edit(index, { paragraphs: ['O texto desta notícia foi corrigido: a palavra xilogravura estava errada.'] });
      const result = await run('xilogravura');
      assertComplete(result);
      assert.equal(result.changed.messages, 4);
      assert.equal(result.changed.shards, 1);
      assert.equal(result.results[0]!.title, sites.articles[index]!.title);
    });

    test('an article whose tags changed is synced and exported again, not enriched', async () => {
      const index = sites.articles.findIndex(({ agencyKey }) => agencyKey === 'saude');
      sites.edit(index, { tags: ['Rótulo novo'] });
      const result = await run();
      assertComplete(result);
      assert.equal(result.changed.versions, 1);
      // scraped, then the nudge to sync, then synced: nothing to enrich, nothing to embed.
      assert.equal(result.changed.messages, 3);
      assert.equal(result.changed.shards, 1);
    });

    test('another search index is filled, and again when it was emptied; the dataset stays', async () => {
      for (const _ of [1, 2]) {
        const result = await withTypesense(async (standIn) => {
          const filled = await run();
          assert.equal(standIn.documents('news').length, size);
          return filled;
        });
        assertComplete(result);
        assert.deepEqual([result.search_index, result.changed.versions, result.changed.shards], ['typesense', 0, 0]);
        // Collections are told apart by the second in which they were made.
        await setTimeout(1000);
      }
    });
  });
}

async function withTypesense<T>(work: (standIn: TypesenseStandIn) => Promise<T>): Promise<T> {
  const standIn = await startTypesense({ apiKey: 'key' });
  const { SEARCH_INDEX } = process.env;
  Object.assign(process.env, {
    SEARCH_INDEX: 'typesense',
    TYPESENSE_HOST: standIn.host,
    TYPESENSE_PORT: String(standIn.port),
    TYPESENSE_API_KEY: 'key',
  });
  try {
    return await work(standIn);
  } finally {
    process.env.SEARCH_INDEX = SEARCH_INDEX ?? 'postgres';
    await standIn.close();
  }
}

function assertComplete(result: DemoResult): void {
  const { articles, enriched, embedded, synced, exported_rows, dead_letters } = result;
  assert.deepEqual(
    { articles, enriched, embedded, synced, exported_rows, dead_letters },
    { articles: size, enriched: size, embedded: size, synced: size, exported_rows: size, dead_letters: broken },
  );
}

describeDemo('the embedded database', { skip: false, openUrl: async () => undefined });

let database: TestDatabase;
describeDemo('Postgres', {
  skip: withoutPostgres,
  openUrl: async () => {
    database = await createTestDatabase();
    return database.url;
  },
});

test('sources that fail are counted, with the reason of the last try', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const site = createServer((request, response) => {
    const isAdmin = request.url === '/_stand-in';
    response.writeHead(isAdmin ? 200 : 500);
    response.end(isAdmin ? '{"firstDay": "2026-11-10", "lastDay": "2026-11-20"}' : 'Internal Server Error');
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = site.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const result = await runDemo({ data: folder, query: 'educação', articles: size, site: url, agencies: ['mec'] });
    assert.deepEqual(result.sources, { asked: 1, failed: 1 });
    assert.equal(result.dead_letters, 1);
    assert.match(result.failures[0]!.error, /answered with status 500/);
  } finally {
    site.close();
    await rm(folder, { recursive: true });
  }
});

test('no stored text holds what is not text', { skip: withoutPostgres }, async () => {
  const db = await openPostgres({ url: database.url });
  try {
    const { rows } = await db.query<{ url: string }>(
      `select url from news
       where content ~ 'sharer\\.php|\\]\\((?!https?://|mailto:|tel:)'
         or content ~ ('^[#*_ ]*' || regexp_replace(title, '([^[:alnum:] ])', '\\\\\\1', 'g') || '[*_ ]*(\\n|$)')`,
    );
    assert.deepEqual(rows, []);
    const { rows: counted } = await db.query<{ count: number }>('select count(*) from news');
    assert.equal(counted[0]!.count, size);
  } finally {
    await db.close();
    await database.drop();
  }
});
