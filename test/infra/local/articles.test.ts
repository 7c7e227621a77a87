import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { readRow } from '../../../functions/scrape/page-row.ts';
import { storeArticle } from '../../../functions/scrape/store.ts';
import { changeArticles } from '../../../infra/local/articles.ts';
import type { Database } from '../../../shared/database.ts';
import { silentLogger } from '../../../shared/log.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { databases, encoder, type OpenDatabase, serveApi } from '../../functions/api/api-server.ts';
import { seedArticles, seedCatalogue } from '../../functions/api/seed.ts';
import { readIds } from '../../functions/export/articles.ts';
import { createRecorder, nudges, readArticle, scrapedArticle, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';

const [obras, vagas] = ['obras-em-escolas_aaaaaa', 'vagas-abertas_bbbbbb'];
const legacy = 'a'.repeat(32);

for (const { name, skip, open } of databases) {
  describe(`articles of an operator on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let db: Database;
    let recorder: ReturnType<typeof createRecorder>;
    before(async () => {
      database = await open();
      db = database.db;
      await seedCatalogue(db);
    });
    after(() => database?.drop());
    beforeEach(async () => {
      recorder = createRecorder();
      await db.query('truncate news, outbox, hub_shards cascade');
      await seedArticles(db, [
        { id: obras, title: 'Obras em escolas', content: 'Obras.', legacyId: legacy },
        { id: vagas, title: 'Vagas abertas', content: 'Vagas em escolas.' },
      ]);
    });
    const change = async (action: 'remove' | 'restore', ...ids: string[]) =>
      await changeArticles(action, ids, contextFrom(), { db, publisher: recorder.publisher, log: recorder.log });
    const state = async (id: string) => {
      const { version, removed_at, removed_by } = await readArticle(db, id);
      return { version, isRemoved: removed_at !== null, removed_by };
    };

    test('a removed article leaves search, api and dataset, and a restored one is back in all', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'dataset-'));
      const api = await serveApi(db);
      const views = async () => {
        await exportDataset(
          { repo: 'dataset', branch: 'main', now: new Date('2026-03-15T12:00:00Z') },
          { db, target: createFolderTarget(folder), log: silentLogger },
        );
        return {
          found: (await api.find({ q: 'escolas' })).sort(),
          status: (await api.get(`/articles/${obras}`)).status,
          exported: Object.values(await readIds(folder)).flat(),
        };
      };
      const everywhere = { found: [obras, vagas], status: 200, exported: [obras, vagas] };
      try {
        assert.deepEqual(await views(), everywhere);
        await change('remove', obras);
        assert.deepEqual(await views(), { found: [vagas], status: 410, exported: [vagas] });
        await change('restore', obras);
        assert.deepEqual(await views(), everywhere);
      } finally {
        await api.close();
        await rm(folder, { recursive: true });
      }
    });

    test('each change is a new version and is announced; doing it again is said and changes nothing', async () => {
      const [removed] = await change('remove', obras);
      assert.deepEqual(removed, { id: obras, isFound: true, text: `removed ${obras} "Obras em escolas"` });
      assert.deepEqual(await state(obras), { version: 2, isRemoved: true, removed_by: 'operator' });
      assert.match((await change('remove', obras))[0]!.text, /is already removed, since 20/);

      assert.equal((await change('restore', obras))[0]?.text, `restored ${obras} "Obras em escolas"`);
      assert.deepEqual(await state(obras), { version: 3, isRemoved: false, removed_by: null });
      assert.match((await change('restore', obras))[0]!.text, /is not removed$/);

      assert.deepEqual(nudges(recorder.published), [`scraped ${obras} 2`, `scraped ${obras} 3`]);
      assert.equal(recorder.published[0]?.attributes?.event_version, '1');
      assert.deepEqual(await state(vagas), { version: 1, isRemoved: false, removed_by: null });
    });

    test('what is gone from its site is kept out from now on, without a new version', async () => {
      await db.query(`update news set removed_at = '2026-02-01', removed_by = 'site' where unique_id = $1`, [obras]);
      const before = await state(obras);
      assert.match((await change('remove', obras))[0]!.text, /is gone from its site since 2026-02-01.* stays out/);
      assert.deepEqual(await state(obras), { ...before, removed_by: 'operator' });
      assert.deepEqual((await readArticle(db, obras)).removed_at, new Date('2026-02-01'));
      assert.deepEqual(recorder.published, []);
    });

    test('a legacy id names its article, unless several share it', async () => {
      assert.match((await change('remove', legacy))[0]!.text, new RegExp(`^removed ${obras}`));
      await change('restore', legacy);
      await db.query('update news set legacy_unique_id = $1', [legacy]);
      const [shared] = await change('remove', legacy);
      assert.equal(shared?.isFound, false);
      assert.match(shared!.text, new RegExp(`^several articles share this id: ${obras}, ${vagas}$`));
      assert.equal((await state(obras)).isRemoved, false);
    });

    test('an unknown id holds up no other, and one given twice is done once', async () => {
      const outcomes = await change('remove', 'none', vagas, vagas);
      assert.deepEqual(
        outcomes.map(({ id, isFound }) => [id, isFound]),
        [
          ['none', false],
          [vagas, true],
        ],
      );
      assert.equal((await state(vagas)).isRemoved, true);
      assert.deepEqual(nudges(recorder.published), [`scraped ${vagas} 2`]);
    });

    test('the message waits in the outbox while it cannot be published', async () => {
      recorder.failWith = new Error('down');
      await change('remove', obras);
      assert.equal((await state(obras)).isRemoved, true);
      const { rows } = await db.query('select topic, data from outbox');
      assert.deepEqual(rows, [{ topic: 'scraped', data: { unique_id: obras, version: 2 } }]);
    });
  });
}

test('restoring articles while they are scraped ends for both', { skip: withoutPostgres }, async () => {
  const { db, drop } = await createTestDatabase();
  try {
    const deps = { ...createRecorder(), db };
    await seedAgency(db);
    const seenAt = (minute: number) => new Date(Date.UTC(2026, 2, 10, 12, minute));
    const store = async (name: string, text: string, extractedAt: Date) => {
      const url = `https://www.gov.br/mec/pt-br/noticias/${name}`;
      const article = scrapedArticle({ canonicalUrl: url, title: name, content: text, extractedAt });
      const mark = { etag: null, lastModified: null, fetchedAt: extractedAt, sha256: '0'.repeat(64), rawPath: null };
      const listed = { url, date: null, category: null, tags: [] };
      const row = readRow({ article, mark, extractor: { platform: 'classic', version: 1 }, listed }, url, 7);
      await storeArticle(article, contextFrom(), deps, row);
    };
    for (const name of ['a', 'b']) await store(name, 'Texto.', seenAt(0));
    const { rows } = await db.query<{ unique_id: string }>('select unique_id from news order by canonical_url');
    const ids = rows.map(({ unique_id }) => unique_id);
    for (let round = 1; round <= 60; round++) {
      await db.query(`update news set removed_at = now(), removed_by = 'site'`);
      await Promise.all([
        changeArticles('restore', [...ids].reverse(), contextFrom(), deps),
        store('a', `Texto ${round}.`, seenAt(round)),
        store('b', `Texto ${round}.`, seenAt(round)),
        changeArticles('restore', ids, contextFrom(), deps),
      ]);
      const { rowCount } = await db.query(`select from news where removed_at is null and content = 'Texto ${round}.'`);
      assert.equal(rowCount, 2, `round ${round}`);
    }
  } finally {
    await drop();
  }
});

test('the commands say what they did, and end with 1 when an id is unknown', { skip: withoutPostgres }, async () => {
  const { db, url, drop } = await createTestDatabase();
  try {
    await seedCatalogue(db);
    await seedArticles(db, [{ id: obras, title: 'Obras', content: encoder.model }]);
    const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
    const destaques = (...args: string[]) =>
      spawnSync(process.execPath, [bin, 'articles', ...args, '--database-url', url], { encoding: 'utf8' });
    const removed = destaques('remove', 'none', obras);
    assert.deepEqual(
      [removed.status, removed.stdout, removed.stderr],
      [1, `removed ${obras} "Obras"\n`, 'error: none: no article has this id\n'],
    );
    const restored = destaques('restore', obras);
    assert.deepEqual([restored.status, restored.stdout, restored.stderr], [0, `restored ${obras} "Obras"\n`, '']);
    assert.equal(destaques('remove').status, 2);
  } finally {
    await drop();
  }
});
