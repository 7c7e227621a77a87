import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import { datasetColumns } from '../../../shared/dataset-schema.ts';
import { withoutPostgres } from '../../support/database.ts';
import { insertArticles, insertCatalogue, readDataset, readIds } from './articles.ts';
import { useExport } from './use-export.ts';

describe('export', { skip: withoutPostgres }, () => {
  const { db, folder, run, ledger } = useExport();

  test('writes every field of a row as the dataset names it', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:30:00.123457-03:00' }]);
    await db().query(
      `update news set updated_datetime = '2026-02-11T00:00:00Z', extracted_at = '2026-02-12T01:02:03.456789Z',
         subtitle = '', editorial_lead = 'Chapéu', image_url = 'https://x/i.jpg', video_url = 'https://x/v.mp4',
         category = 'Notícias', tags = array['Saúde', 'a, "b"'], summary = 'Resumo.',
         theme_l1_id = (select id from themes where code = '02'),
         theme_l2_id = (select id from themes where code = '02.01')`,
    );
    await run();
    const micros = (text: string, rest = 0n) => BigInt(Date.parse(text)) * 1_000n + rest;
    const { 'train-2026-02.parquet': rows } = await readDataset(folder());
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
    await insertArticles(db(), [
      { id: 'before-1970', publishedAt: '1969-12-31T23:59:59.999999-03:00' },
      { id: 'february', publishedAt: '2026-03-01T02:59:59Z' },
      { id: 'first', publishedAt: '2026-03-01T03:00:00Z' },
      { id: 'today', publishedAt: '2026-03-15T00:00:00-03:00' },
      { id: 'future', publishedAt: '2026-05-01T00:00:00-03:00' },
    ]);
    const { rows, periods } = await run();
    assert.deepEqual(await readIds(folder()), {
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
    await insertArticles(db(), [
      ...ids.map((id) => ({ id, publishedAt: '2026-02-10T00:00:00-03:00' })),
      { id: 'zz', publishedAt: '2026-02-09T00:00:00-03:00' },
    ]);
    await run();
    assert.deepEqual(await readIds(folder()), {
      'train-2026-02.parquet': ['zz', 'Z', 'a', 'a-b', 'a_c', 'aa', 'ab', 'b'],
    });
  });

  test('many rows of one instant are read without a gap or a double', async () => {
    const ids = Array.from({ length: 1_234 }, (_, index) => `artigo_${String(index).padStart(4, '0')}`);
    await insertArticles(
      db(),
      ids.map((id) => ({ id, publishedAt: '2026-02-10T00:00:00-03:00' })),
    );
    await run();
    assert.deepEqual(await readIds(folder()), { 'train-2026-02.parquet': ids });
  });

  test('a dry run says what changed and touches nothing', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    const { periods, shardsWritten, commit } = await run({ dryRun: true });
    assert.deepEqual([periods, shardsWritten, commit], [['2026-02'], 0, null]);
    assert.deepEqual([await readdir(folder()), await ledger()], [[], []]);
  });

  test('progress is told after each period', async () => {
    await insertArticles(db(), [
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
    await insertArticles(db(), articles);
    const first = await run({ maxShardBytes: 1 });
    const ids = await readIds(folder());
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

    await db().query(`update news set removed_at = now() where unique_id > 'a01'`);
    await run({ maxShardBytes: 1 });
    assert.deepEqual(await readIds(folder()), { 'train-2026-02.parquet': ['a00', 'a01'] });
  });

  test('the embedded database gives the same bytes', async () => {
    const embedded = await openPglite();
    const elsewhere = await mkdtemp(join(tmpdir(), 'dataset-'));
    try {
      await migrateUp(embedded);
      await insertCatalogue(embedded);
      const articles = ['b', 'a-b', 'a_c', 'ab', 'Á'].map((id) => ({ id, publishedAt: '1969-02-10T12:00:00.000001Z' }));
      for (const each of [db(), embedded]) await insertArticles(each, articles);
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
