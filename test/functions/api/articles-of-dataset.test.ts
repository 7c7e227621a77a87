import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { contentHash } from '../../../shared/identity.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createStorage, openDataset, openStorage } from '../../../shared/storage.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { datasetRow, writeShard } from '../../support/dataset.ts';
import { type Api, serveApi } from './api-server.ts';
import { seedArticles, seedCatalogue } from './seed.ts';

const legacyId = '0123456789abcdef0123456789abcdef';

describe('articles read from the dataset', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let folder: string;
  let api: Api;
  let ofPostgres: Api;
  before(async () => {
    database = await createTestDatabase();
    const { db } = database;
    folder = await mkdtemp(join(tmpdir(), 'api-dataset-'));
    await seedCatalogue(db);
    const copied = { title: 'Censo', content: 'Censo', contentHash: contentHash('Censo', 'Censo')! };
    await seedArticles(db, [
      {
        id: 'exame_0a1b2c',
        legacyId,
        title: 'Exame',
        content: 'Texto',
        summary: 'Resumo',
        themes: ['02', '02.01'],
        tags: ['Enem', 'a, b'],
      },
      { ...copied, id: 'ibge_000001', agency: 'ibge', publishedAt: '2026-01-11T12:00:00Z' },
      { ...copied, id: 'copia_000002', agency: 'mec', publishedAt: '2026-01-11T11:00:00Z' },
      { id: 'removida_000003', title: 'Removida', isRemoved: true },
    ]);
    const options = { repo: 'r', branch: 'main', now: new Date('2026-03-15T12:00:00Z') };
    await exportDataset(options, { db, target: createFolderTarget(folder), log: silentLogger });
    // Not in the dataset: what comes from it shows.
    await db.query(`update news set title = 'Só em Postgres' where unique_id = 'exame_0a1b2c'`);
    const settings = {
      STORAGE_BACKEND: 'huggingface' as const,
      EXPORT_DIR: folder,
      EXPORT_BRANCH: 'main',
      HF_ENDPOINT: 'https://huggingface.co',
    };
    api = await serveApi(db, { storage: openStorage(settings, db) });
    ofPostgres = await serveApi(db, { storage: createStorage({ db }) });
  });
  after(async () => {
    await api?.close();
    await ofPostgres?.close();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  test('have all that the dataset holds, the rest is null', async () => {
    const { status, body } = await api.get('/articles/exame_0a1b2c');
    const other = (await ofPostgres.get('/articles/exame_0a1b2c')).body;
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body).sort(), Object.keys(other).sort());
    assert.deepEqual(body, {
      ...other,
      title: 'Exame',
      legacy_unique_id: null,
      published_at_source: null,
      canonical_url: null,
      content_hash: body.content_hash,
      features: null,
      version: null,
      revision: null,
    });
    assert.match(body.content_hash, /^[0-9a-f]{16}$/);
  });

  test('are found by a legacy id, and not when they are removed or unknown', async () => {
    assert.equal((await api.get(`/articles/${legacyId}`)).body.title, 'Exame');
    for (const id of ['removida_000003', 'x_000000']) assert.equal((await api.get(`/articles/${id}`)).status, 404, id);
  });

  test('are found in a dataset of older ids, by those and by the ones of today', async () => {
    const { db } = database;
    const other = await mkdtemp(join(tmpdir(), 'api-legacy-'));
    const [twin, unknown] = ['f'.repeat(32), 'e'.repeat(32)];
    await writeShard(other, 'data/train-00000-of-00001.parquet', [
      datasetRow(legacyId, '2026-01-10T12:00:00Z'),
      datasetRow(twin, '2026-01-11T12:00:00Z'),
      datasetRow(unknown, '2026-01-12T12:00:00Z'),
    ]);
    await db.query(`insert into import_twins (dataset_id, unique_id) values ($1, 'ibge_000001')`, [twin]);
    const legacy = await serveApi(db, { storage: createStorage({ db, dataset: openDataset({ folder: other }) }) });
    for (const [id, found] of Object.entries({
      [legacyId]: legacyId,
      exame_0a1b2c: legacyId,
      [twin]: twin,
      ibge_000001: twin,
      [unknown]: unknown,
    })) {
      assert.equal((await legacy.get(`/articles/${id}`)).body.title, `Título de ${found}`, id);
    }
    await legacy.close();
    await rm(other, { recursive: true });
  });

  test('are listed as Postgres lists them: filtered, the newest first, one of each text', async () => {
    const questions: Record<string, string>[] = [
      {},
      { limit: '1' },
      { agency: 'mec' },
      { agency: 'ibge,saude' },
      { theme: '02' },
      { theme: '02.01' },
      { theme: '03' },
      { from: '2026-01-11' },
      { to: '2026-01-10' },
      { tag: 'Enem' },
      { tag: 'a, b' },
      { tag: 'a' },
      { has_summary: 'true' },
      { has_summary: 'false' },
      { has_summary: 'false', agency: 'mec' },
      { has_summary: 'true', tag: 'Enem', theme: '02' },
    ];
    for (const question of questions) {
      assert.deepEqual(await api.find(question), await ofPostgres.find(question), JSON.stringify(question));
    }
    assert.deepEqual(await api.find({}), ['ibge_000001', 'exame_0a1b2c']);
  });

  test('go on page by page, and are counted', async () => {
    const { body } = await api.get('/search?limit=1&tag=Enem&tag=none');
    assert.deepEqual([body.total, body.next], [{ count: 1, is_exact: true }, null]);
    const first = (await api.get('/search?limit=1')).body;
    assert.deepEqual(first.total, { count: 2, is_exact: false });
    assert.deepEqual(await api.find({ limit: '1', cursor: first.next }), ['exame_0a1b2c']);
    assert.deepEqual((await api.get('/search?facets=tag')).body.facets.tag.length, 2);
  });
});
