import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { compareBackends } from '../../../infra/local/compare-backends.ts';
import { formatComparison } from '../../../infra/local/comparison-report.ts';
import type { DatasetQuery } from '../../../shared/dataset-query.ts';
import { datasetColumns } from '../../../shared/dataset-schema.ts';
import { silentLogger } from '../../../shared/log.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { openDataset } from '../../../shared/storage.ts';
import { sessionSettings } from '../../../shared/storage-settings.ts';
import { insertArticles, insertCatalogue } from '../../functions/export/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { datasetRow, writeShard } from '../../support/dataset.ts';

const window = { startDate: '2026-03-01', endDate: '2026-03-03' };

describe('comparison of the backends', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let folder: string;
  before(async () => {
    database = await createTestDatabase();
    await insertCatalogue(database.db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    const { db } = database;
    await db.query('truncate news, hub_journal, hub_shards cascade');
    folder = await mkdtemp(join(tmpdir(), 'compare-'));
    await insertArticles(db, [
      { id: 'antes', publishedAt: '2026-03-01T02:59:59Z' },
      { id: 'a', publishedAt: '2026-03-01T03:00:00.000001Z' },
      { id: 'b', publishedAt: '2026-03-01T12:00:00Z' },
      { id: 'c', publishedAt: '2026-03-04T02:59:59Z' },
      { id: 'depois', publishedAt: '2026-03-04T03:00:00Z' },
    ]);
    await db.query(
      `update news set updated_datetime = '2026-03-02T01:02:03.456789Z', extracted_at = '2026-03-02T00:00:00.000001Z',
         subtitle = '', editorial_lead = 'Chapéu', image_url = 'https://x/i.jpg', video_url = 'https://x/v.mp4',
         category = 'Notícias', tags = array['Saúde', 'a, "b"'], summary = 'Resumo.',
         theme_l1_id = (select id from themes where code = '02'),
         theme_l2_id = (select id from themes where code = '02.01'),
         theme_l3_id = (select id from themes where code = '02.01.03')
       where unique_id = 'a'`,
    );
    await exportDataset(
      { repo: 'r', branch: 'main', now: new Date('2026-03-15T12:00:00Z') },
      { db, target: createFolderTarget(folder), log: silentLogger },
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  const compare = (sampleCount = 100) =>
    compareBackends({ window, sampleCount }, { db: database.db, dataset: openDataset({ folder }) });

  test('finds no difference after an export, in any of the 24 fields', async () => {
    const comparison = await compare();
    assert.deepEqual(comparison, {
      days: [
        { day: '2026-03-01', postgres: 2, dataset: 2 },
        { day: '2026-03-02', postgres: 0, dataset: 0 },
        { day: '2026-03-03', postgres: 1, dataset: 1 },
      ],
      missing: [],
      extra: [],
      repeated: [],
      unreadable: [],
      sampled: 3,
      differences: [],
      journal_open: 0,
      is_equal: true,
    });
    assert.match(formatComparison(comparison), /^Equal: 3 articles on both sides, all fields of 3 compared\.$/m);
    assert.equal((await compare(1)).sampled, 1);
    assert.equal((await compare(0)).sampled, 0);
  });

  test('finds what the dataset lacks, what it has too much, and how many changes wait', async () => {
    const { db, url } = database;
    const journaling = await openPostgres({ url }, { sessionSettings: sessionSettings('dual_write') });
    await insertArticles(journaling, [{ id: 'nova', publishedAt: '2026-03-02T12:00:00Z' }]);
    await journaling.close();
    await db.query(`update news set removed_at = now() where unique_id = 'b'`);
    const comparison = await compare();
    assert.deepEqual([comparison.missing, comparison.extra, comparison.is_equal], [['nova'], ['b'], false]);
    assert.deepEqual(comparison.days, [
      { day: '2026-03-01', postgres: 1, dataset: 2 },
      { day: '2026-03-02', postgres: 1, dataset: 0 },
      { day: '2026-03-03', postgres: 1, dataset: 1 },
    ]);
    const text = formatComparison(comparison);
    assert.match(text, /2026-03-01 +1 +2 {2}\+1\n2026-03-02 +1 +0 {2}-1/);
    assert.match(text, /missing in the dataset:\n {2}nova\nonly in the dataset:\n {2}b\n1 journaled change waits/);
  });

  test('finds an article that the dataset has twice', async () => {
    await writeShard(folder, 'data/train-2026-03-02-063000.parquet', [datasetRow('b', '2026-03-01T12:00:00Z')]);
    const { repeated, is_equal: isEqual } = await compare();
    assert.deepEqual([repeated, isEqual], [['b'], false]);
  });

  test('knows of a change that was flushed while the dataset was read', async () => {
    const { db } = database;
    await db.query(`insert into hub_journal (unique_id, version) values ('b', 2)`);
    await db.query(`update news set title = 'Outro' where unique_id = 'b'`);
    const dataset = openDataset({ folder });
    const flushedMeanwhile: DatasetQuery = {
      ...dataset,
      async *scan(within) {
        yield* dataset.scan(within);
        await db.query('delete from hub_journal');
      },
    };
    const comparison = await compareBackends({ window, sampleCount: 100 }, { db, dataset: flushedMeanwhile });
    assert.deepEqual([comparison.is_equal, comparison.journal_open], [false, 1]);
  });

  test('names a file that no row can be read from', async () => {
    await writeFile(join(folder, 'data/train-00000-of-00001.parquet'), 'half');
    const comparison = await compare();
    assert.deepEqual(
      [comparison.unreadable.map(({ path }) => path), comparison.missing, comparison.is_equal],
      [['data/train-00000-of-00001.parquet'], [], false],
    );
    assert.match(formatComparison(comparison), /cannot be read:\n {2}data\/train-00000-of-00001\.parquet cannot be/);
  });

  test('finds a difference in every field', async () => {
    const changes: Record<string, string> = {
      agency: `agency_key = 'x'`,
      published_at: `published_at = published_at + interval '1 microsecond'`,
      updated_datetime: 'updated_datetime = null',
      extracted_at: `extracted_at = extracted_at + interval '1 microsecond'`,
      title: `title = title || ' '`,
      subtitle: 'subtitle = null',
      editorial_lead: `editorial_lead = ''`,
      url: `url = url || '/'`,
      content: 'content = null',
      image: `image_url = 'https://x/j.jpg'`,
      video_url: 'video_url = null',
      category: `category = 'notícias'`,
      tags: 'tags = array[tags[2], tags[1]]',
      summary: `summary = 'Resumo'`,
      theme_1_level_1_code: `theme_l1_id = null`,
      theme_1_level_2_code: `theme_l2_id = null`,
      theme_1_level_3_code: `theme_l3_id = null`,
    };
    const found = new Set(['unique_id']);
    for (const [field, change] of Object.entries(changes)) {
      await database.db.query(`create table kept as select * from news where unique_id = 'a'`);
      await database.db.query(`update news set ${change} where unique_id = 'a'`);
      const { differences, is_equal: isEqual } = await compare();
      const fields = differences.map((difference) => difference.field);
      assert.ok(fields.includes(field as (typeof fields)[number]) && !isEqual, `${field}: ${fields}`);
      for (const name of fields) found.add(name);
      await database.db.query(
        `update news set agency_key = kept.agency_key, published_at = kept.published_at,
           updated_datetime = kept.updated_datetime, extracted_at = kept.extracted_at, title = kept.title,
           subtitle = kept.subtitle, editorial_lead = kept.editorial_lead, url = kept.url, content = kept.content,
           image_url = kept.image_url, video_url = kept.video_url, category = kept.category, tags = kept.tags,
           summary = kept.summary, theme_l1_id = kept.theme_l1_id, theme_l2_id = kept.theme_l2_id,
           theme_l3_id = kept.theme_l3_id
         from kept where news.unique_id = kept.unique_id`,
      );
      await database.db.query('drop table kept');
    }
    assert.equal((await compare()).is_equal, true);
    assert.deepEqual([...found].sort(), datasetColumns.map(({ name }) => name).sort());
  });
});
