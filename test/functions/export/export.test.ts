import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { type ExportDeps, type ExportOptions, exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import type { Database } from '../../../shared/database.ts';
import { datasetColumns } from '../../../shared/dataset-schema.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { insertArticles, insertCatalogue, readDataset, readIds } from './articles.ts';

const MARCH = new Date('2026-03-15T12:00:00Z');
const APRIL = new Date('2026-04-02T12:00:00Z');

describe('export', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  let folder: string;
  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    await insertCatalogue(db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await db.query('truncate news, hub_shards cascade');
    folder = await mkdtemp(join(tmpdir(), 'dataset-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (options: Partial<ExportOptions> = {}, deps: Partial<ExportDeps> = {}) =>
    exportDataset(
      { repo: 'dataset', branch: 'main', now: MARCH, ...options },
      { db, target: createFolderTarget(folder), log: silentLogger, ...deps },
    );
  const inodes = async () => {
    const names = await readdir(join(folder, 'data'));
    const entries = names.map(async (name) => [name, (await stat(join(folder, 'data', name))).ino] as const);
    return new Map(await Promise.all(entries));
  };
  const ledger = async () => (await db.query('select * from hub_shards order by path')).rows;

  test('writes every field of a row as the dataset names it', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-02-10T12:30:00.123457-03:00' }]);
    await db.query(
      `update news set updated_datetime = '2026-02-11T00:00:00Z', extracted_at = '2026-02-12T01:02:03.456789Z',
         subtitle = '', editorial_lead = 'Chapéu', image_url = 'https://x/i.jpg', video_url = 'https://x/v.mp4',
         category = 'Notícias', tags = array['Saúde', 'a, "b"'], summary = 'Resumo.',
         theme_l1_id = (select id from themes where code = '02'),
         theme_l2_id = (select id from themes where code = '02.01')`,
    );
    await run();
    const micros = (text: string, rest = 0n) => BigInt(Date.parse(text)) * 1_000n + rest;
    const { 'train-2026-02.parquet': rows } = await readDataset(folder);
    assert.deepEqual(rows, [
      {
        unique_id: 'a',
        agency: 'mec',
        published_at: micros('2026-02-10T15:30:00.123Z', 457n),
        updated_datetime: micros('2026-02-11T00:00:00Z'),
        extracted_at: micros('2026-02-12T01:02:03.456Z', 789n) * 1_000n,
        title: 'Título de a',
        subtitle: '',
        editorial_lead: 'Chapéu',
        url: 'https://www.gov.br/mec/a',
        content: 'Texto.',
        image: 'https://x/i.jpg',
        video_url: 'https://x/v.mp4',
        category: 'Notícias',
        tags: ['Saúde', 'a, "b"'],
        theme_1_level_1: 'Educação',
        theme_1_level_1_code: '02',
        theme_1_level_1_label: 'Educação',
        theme_1_level_2_code: '02.01',
        theme_1_level_2_label: 'Ensino Básico',
        theme_1_level_3_code: null,
        theme_1_level_3_label: null,
        most_specific_theme_code: '02.01',
        most_specific_theme_label: 'Ensino Básico',
        summary: 'Resumo.',
      },
    ]);
    assert.deepEqual(
      Object.keys(rows?.[0] ?? {}),
      datasetColumns.map(({ name }) => name),
    );
  });

  test('a shard holds a month, or a day of the current month and of the future, by the date in −03:00', async () => {
    await insertArticles(db, [
      { id: 'before-1970', publishedAt: '1969-12-31T23:59:59.999999-03:00' },
      { id: 'february', publishedAt: '2026-03-01T02:59:59Z' },
      { id: 'first', publishedAt: '2026-03-01T03:00:00Z' },
      { id: 'today', publishedAt: '2026-03-15T00:00:00-03:00' },
      { id: 'future', publishedAt: '2026-05-01T00:00:00-03:00' },
    ]);
    const { rows, periods } = await run();
    assert.deepEqual(await readIds(folder), {
      'train-1969-12.parquet': ['before-1970'],
      'train-2026-02.parquet': ['february'],
      'train-2026-03-01.parquet': ['first'],
      'train-2026-03-15.parquet': ['today'],
      'train-2026-05-01.parquet': ['future'],
    });
    assert.equal(rows, 5);
    assert.deepEqual(periods, ['1969-12', '2026-02', '2026-03-01', '2026-03-15', '2026-05-01']);
  });

  test('rows of a shard stand by instant, then by id in byte order', async () => {
    const ids = ['b', 'a_c', 'a-b', 'ab', 'a', 'Z', 'aa'];
    await insertArticles(db, [
      ...ids.map((id) => ({ id, publishedAt: '2026-02-10T00:00:00-03:00' })),
      { id: 'zz', publishedAt: '2026-02-09T00:00:00-03:00' },
    ]);
    await run();
    assert.deepEqual(await readIds(folder), {
      'train-2026-02.parquet': ['zz', 'Z', 'a', 'a-b', 'a_c', 'aa', 'ab', 'b'],
    });
  });

  test('many rows of one instant are read without a gap or a double', async () => {
    const ids = Array.from({ length: 1_234 }, (_, index) => `artigo_${String(index).padStart(4, '0')}`);
    await insertArticles(
      db,
      ids.map((id) => ({ id, publishedAt: '2026-02-10T00:00:00-03:00' })),
    );
    await run();
    assert.deepEqual(await readIds(folder), { 'train-2026-02.parquet': ids });
  });

  test('an unchanged run writes nothing at all', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-10T12:00:00Z' },
    ]);
    const first = await run();
    const [files, entries] = [await inodes(), await ledger()];
    const second = await run();
    assert.deepEqual(second, {
      ...first,
      periods: [],
      shardsWritten: 0,
      rowsWritten: 0,
      bytesWritten: 0,
      commit: null,
    });
    assert.deepEqual([await inodes(), await ledger()], [files, entries]);
  });

  test('one edit rewrites one shard', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'c', publishedAt: '2026-02-11T12:00:00Z' },
    ]);
    await run();
    const files = await inodes();
    await db.query(`update news set title = 'Corrigido' where unique_id = 'b'`);
    const { periods, shardsWritten, rowsWritten } = await run();
    assert.deepEqual([periods, shardsWritten, rowsWritten], [['2026-02'], 1, 2]);
    const dataset = await readDataset(folder);
    assert.deepEqual(
      dataset['train-2026-02.parquet']?.map(({ title }) => title),
      ['Corrigido', 'Título de c'],
    );
    assert.equal((await inodes()).get('train-2026-01.parquet'), files.get('train-2026-01.parquet'));
  });

  test('a new theme label reaches the shards that show it', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await db.query(`update news set theme_l3_id = (select id from themes where code = '02.01.03')`);
    await run();
    await db.query(`update themes set label = 'Letramento' where code = '02.01.03'`);
    await run();
    await db.query(`update themes set label = 'Alfabetização' where code = '02.01.03'`);
    const [row] = (await readDataset(folder))['train-2026-01.parquet'] ?? [];
    assert.deepEqual(
      [row?.theme_1_level_3_label, row?.most_specific_theme_label, row?.theme_1_level_1],
      ['Letramento', 'Letramento', null],
    );
  });

  test('a closed month folds its days into one shard in one commit', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-03-01T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-02T12:00:00Z' },
      { id: 'c', publishedAt: '2026-04-01T12:00:00Z' },
    ]);
    await run();
    const { periods, shardsWritten, shardsDeleted } = await run({ now: APRIL });
    assert.deepEqual(await readIds(folder), {
      'train-2026-03.parquet': ['a', 'b'],
      'train-2026-04-01.parquet': ['c'],
    });
    assert.deepEqual([periods, shardsWritten, shardsDeleted], [['2026-03', '2026-03-01', '2026-03-02'], 1, 2]);
    assert.equal((await run({ now: APRIL })).commit, null);
  });

  test('a row that comes late reaches its old month', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2015-06-10T12:00:00Z' }]);
    await run();
    await insertArticles(db, [{ id: 'late', publishedAt: '2015-06-09T12:00:00Z' }]);
    assert.deepEqual((await run()).periods, ['2015-06']);
    assert.deepEqual(await readIds(folder), { 'train-2015-06.parquet': ['late', 'a'] });
  });

  test('a removed row leaves its shard, and a shard without rows leaves the dataset', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'c', publishedAt: '2026-02-11T12:00:00Z' },
    ]);
    await run();
    await db.query(`update news set removed_at = now() where unique_id in ('a', 'b')`);
    const { periods, shardsWritten, shardsDeleted, rows } = await run();
    assert.deepEqual([periods, shardsWritten, shardsDeleted, rows], [['2026-01', '2026-02'], 1, 1, 1]);
    assert.deepEqual(await readIds(folder), { 'train-2026-02.parquet': ['c'] });
    await db.query('update news set removed_at = now()');
    assert.equal((await run()).rows, 0);
    assert.deepEqual(await readIds(folder), {});
    assert.deepEqual(await ledger(), []);
  });

  test('an empty table, as of a wrong database, empties no dataset unless a full sync is asked for', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await run();
    await db.query('truncate news cascade');
    await assert.rejects(run(), /holds no article, and the dataset has 1 shards/);
    assert.deepEqual(await readIds(folder), { 'train-2026-01.parquet': ['a'] });
    await run({ fullSync: true });
    assert.deepEqual(await readIds(folder), {});
  });

  test('a file that is lost or cut short is restored', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
    ]);
    await run();
    const whole = await readFile(join(folder, 'data/train-2026-02.parquet'));
    await rm(join(folder, 'data/train-2026-01.parquet'));
    await truncate(join(folder, 'data/train-2026-02.parquet'), 100);
    assert.equal((await run()).shardsWritten, 2);
    assert.deepEqual(await readIds(folder), { 'train-2026-01.parquet': ['a'], 'train-2026-02.parquet': ['b'] });
    assert.ok(whole.equals(await readFile(join(folder, 'data/train-2026-02.parquet'))));
  });

  test('shards of another making are replaced in the first commit', async () => {
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data/train-00000-of-00003.parquet'), 'legacy');
    await writeFile(join(folder, 'data/train-2026-02-10-063000.parquet'), 'legacy');
    await writeFile(join(folder, 'README.md'), 'card');
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    assert.equal((await run()).shardsDeleted, 2);
    assert.deepEqual(await readIds(folder), { 'train-2026-02.parquet': ['a'] });
    assert.equal(await readFile(join(folder, 'README.md'), 'utf8'), 'card');
  });

  test('a version that shows nothing new is noted, not committed', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    await run();
    const files = await inodes();
    await db.query(`update news set content_embedding = array_fill(0.5::real, array[768])::vector`);
    const { periods, shardsWritten, commit } = await run();
    assert.deepEqual([periods, shardsWritten, commit], [['2026-02'], 0, null]);
    assert.deepEqual((await run()).periods, []);
    assert.deepEqual(await inodes(), files);
  });

  test('a full sync looks at every period, and commits nothing where the bytes are the same', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    await run();
    const { periods, commit } = await run({ fullSync: true });
    assert.deepEqual([periods, commit], [['2026-02'], null]);
    assert.equal((await run({ fullSync: true, codec: 'snappy' })).shardsWritten, 1);
  });

  test('a dry run says what changed and touches nothing', async () => {
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    const { periods, shardsWritten, commit } = await run({ dryRun: true });
    assert.deepEqual([periods, shardsWritten, commit], [['2026-02'], 0, null]);
    assert.deepEqual([await readdir(folder), await ledger()], [[], []]);
  });

  test('progress is told after each period', async () => {
    await insertArticles(db, [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
    ]);
    const states: unknown[] = [];
    await run({}, { progress: (state) => states.push(state) });
    assert.deepEqual(states, [
      { period: '2026-01', periodsDone: 1, periodCount: 2, rowsWritten: 1 },
      { period: '2026-02', periodsDone: 2, periodCount: 2, rowsWritten: 2 },
    ]);
  });

  test('a period over the bound is split, the same way every time, and joined again', async () => {
    // Texts of 2.7 MB also end a batch early, and a row group after ten of them.
    const text = (seed: number) => `${seed} áéí `.repeat(300_000);
    const articles = Array.from({ length: 14 }, (_, index) => {
      return { id: `a${String(index).padStart(2, '0')}`, publishedAt: '2026-02-10T12:00:00Z', content: text(index) };
    });
    await insertArticles(db, articles);
    const first = await run({ maxShardBytes: 1 });
    const ids = await readIds(folder);
    assert.deepEqual(
      Object.entries(ids).map(([name, { length }]) => [name, length]),
      [
        ['train-2026-02-p01.parquet', 10],
        ['train-2026-02-p02.parquet', 4],
      ],
    );
    assert.deepEqual(
      Object.values(ids).flat(),
      articles.map(({ id }) => id),
    );
    assert.deepEqual([first.rows, (await run({ maxShardBytes: 1 })).periods], [14, []]);
    assert.equal((await run({ maxShardBytes: 1, fullSync: true })).commit, null);

    await db.query(`update news set removed_at = now() where unique_id > 'a01'`);
    await run({ maxShardBytes: 1 });
    assert.deepEqual(await readIds(folder), { 'train-2026-02.parquet': ['a00', 'a01'] });
  });

  describe('cut short', () => {
    const interrupted = new Error('killed');
    beforeEach(async () => {
      await insertArticles(db, [
        { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
        { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      ]);
      await run();
      await db.query(`update news set title = title || ' (corrigido)'`);
    });
    const titles = async () => Object.values(await readDataset(folder)).map((rows) => rows[0]?.title);
    const corrected = ['Título de a (corrigido)', 'Título de b (corrigido)'];

    test('before its commit leaves the dataset and the ledger as they were', async () => {
      const before = await ledger();
      const target = createFolderTarget(folder);
      const commit = () => Promise.reject(interrupted);
      await assert.rejects(run({}, { target: { ...target, commit } }), interrupted);
      assert.deepEqual(await titles(), ['Título de a', 'Título de b']);
      assert.deepEqual([await ledger(), await readdir(join(folder, '.staging'))], [before, []]);
      await run();
      assert.deepEqual(await titles(), corrected);
    });

    test('within its commit leaves whole files, and the next run mends the rest', async () => {
      const target = createFolderTarget(folder);
      const commit: typeof target.commit = async (changes) => {
        await target.commit({ ...changes, adds: changes.adds.slice(0, 1) });
        throw interrupted;
      };
      await assert.rejects(run({}, { target: { ...target, commit } }), interrupted);
      assert.deepEqual(await titles(), ['Título de a (corrigido)', 'Título de b']);
      assert.equal((await run()).shardsWritten, 1);
      assert.deepEqual(await titles(), corrected);
    });

    test('between commit and ledger is noticed without another commit', async () => {
      const transaction = () => Promise.reject(interrupted);
      await assert.rejects(run({}, { db: { ...db, transaction } }), interrupted);
      assert.deepEqual(await titles(), corrected);
      const { periods, commit } = await run();
      assert.deepEqual([periods, commit], [['2026-01', '2026-02'], null]);
      assert.deepEqual((await run()).periods, []);
    });

    test('by a database that fails leaves nothing behind', async () => {
      const snapshot: Database['snapshot'] = (work) =>
        db.snapshot((tx) => {
          let batches = 0;
          return work({
            query: (text, values) => {
              if (text.includes('text_bytes') && ++batches === 2) return Promise.reject(interrupted);
              return tx.query(text, values);
            },
          });
        });
      await assert.rejects(run({}, { db: { ...db, snapshot } }), interrupted);
      assert.deepEqual(await titles(), ['Título de a', 'Título de b']);
      assert.deepEqual(await readdir(join(folder, '.staging')), []);
    });
  });

  test('the embedded database gives the same bytes', async () => {
    const embedded = await openPglite();
    const elsewhere = await mkdtemp(join(tmpdir(), 'dataset-'));
    try {
      await migrateUp(embedded);
      await insertCatalogue(embedded);
      const articles = ['b', 'a-b', 'a_c', 'ab', 'Á'].map((id) => ({ id, publishedAt: '1969-02-10T12:00:00.000001Z' }));
      for (const each of [db, embedded]) await insertArticles(each, articles);
      const target = createFolderTarget(elsewhere);
      const [first, second] = [await run(), await run({}, { db: embedded, target })];
      assert.deepEqual(second, first);
      assert.equal((await run({}, { db: embedded, target })).commit, null);
    } finally {
      await embedded.close();
      await rm(elsewhere, { recursive: true, force: true });
    }
  });
});
