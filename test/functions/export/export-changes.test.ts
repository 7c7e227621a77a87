import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { withoutPostgres } from '../../support/database.ts';
import { insertArticles, readDataset, readIds } from './articles.ts';
import { useExport } from './use-export.ts';

const APRIL = new Date('2026-04-02T12:00:00Z');

describe('export again', { skip: withoutPostgres }, () => {
  const { db, folder, run, inodes, ledger } = useExport();

  test('an unchanged run writes nothing at all', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-10T12:00:00Z' },
    ]);
    const first = await run();
    const [files, entries] = [await inodes(), await ledger()];
    const second = await run();
    assert.deepEqual(second, {
      ...first,
      periods: [],
      added: [],
      shardsWritten: 0,
      rowsWritten: 0,
      bytesWritten: 0,
      commit: null,
    });
    assert.deepEqual([await inodes(), await ledger()], [files, entries]);
  });

  test('one edit rewrites one shard', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'c', publishedAt: '2026-02-11T12:00:00Z' },
    ]);
    await run();
    const files = await inodes();
    await db().query(`update news set title = 'Corrigido' where unique_id = 'b'`);
    const { periods, shardsWritten, rowsWritten } = await run();
    assert.deepEqual([periods, shardsWritten, rowsWritten], [['2026-02'], 1, 2]);
    const dataset = await readDataset(folder());
    assert.deepEqual(
      dataset['train-2026-02.parquet']?.map(({ title }) => title),
      ['Corrigido', 'Título de c'],
    );
    assert.equal((await inodes()).get('train-2026-01.parquet'), files.get('train-2026-01.parquet'));
  });

  test('a new theme label reaches the shards that show it', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await db().query(`update news set theme_l3_id = (select id from themes where code = '02.01.03')`);
    await run();
    await db().query(`update themes set label = 'Letramento' where code = '02.01.03'`);
    await run();
    await db().query(`update themes set label = 'Alfabetização' where code = '02.01.03'`);
    const [row] = (await readDataset(folder()))['train-2026-01.parquet'] ?? [];
    assert.deepEqual(
      [row?.theme_1_level_3_label, row?.most_specific_theme_label, row?.theme_1_level_1],
      ['Letramento', 'Letramento', null],
    );
  });

  test('a closed month folds its days into one shard in one commit', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-03-01T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-02T12:00:00Z' },
      { id: 'c', publishedAt: '2026-04-01T12:00:00Z' },
    ]);
    await run();
    const { periods, shardsWritten, shardsDeleted } = await run({ now: APRIL });
    assert.deepEqual(await readIds(folder()), {
      'train-2026-03.parquet': ['a', 'b'],
      'train-2026-04-01.parquet': ['c'],
    });
    assert.deepEqual([periods, shardsWritten, shardsDeleted], [['2026-03', '2026-03-01', '2026-03-02'], 1, 2]);
    assert.equal((await run({ now: APRIL })).commit, null);
  });

  test('a row that comes late reaches its old month', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2015-06-10T12:00:00Z' }]);
    await run();
    await insertArticles(db(), [{ id: 'late', publishedAt: '2015-06-09T12:00:00Z' }]);
    assert.deepEqual((await run()).periods, ['2015-06']);
    assert.deepEqual(await readIds(folder()), { 'train-2015-06.parquet': ['late', 'a'] });
  });

  test('a removed row leaves its shard, and a shard without rows leaves the dataset', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'c', publishedAt: '2026-02-11T12:00:00Z' },
    ]);
    await run();
    await db().query(`update news set removed_at = now() where unique_id in ('a', 'b')`);
    const { periods, shardsWritten, shardsDeleted, rows } = await run();
    assert.deepEqual([periods, shardsWritten, shardsDeleted, rows], [['2026-01', '2026-02'], 1, 1, 1]);
    assert.deepEqual(await readIds(folder()), { 'train-2026-02.parquet': ['c'] });
    await db().query('update news set removed_at = now()');
    assert.equal((await run()).rows, 0);
    assert.deepEqual(await readIds(folder()), {});
    assert.deepEqual(await ledger(), []);
  });

  test('an empty table, as of a wrong database, empties no dataset unless a full sync is asked for', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await run();
    await db().query('truncate news cascade');
    await assert.rejects(run(), /holds no article, and the dataset has 1 shards/);
    assert.deepEqual(await readIds(folder()), { 'train-2026-01.parquet': ['a'] });
    await run({ fullSync: true });
    assert.deepEqual(await readIds(folder()), {});
  });

  test('a database that lacks most of what is published takes it from nobody', async () => {
    const articles = Array.from({ length: 205 }, (_, index) => ({
      id: `a${index}`,
      publishedAt: '2026-01-10T12:00:00Z',
    }));
    await insertArticles(db(), articles);
    await run();
    await db().query(`update news set removed_at = now() where unique_id <> 'a0'`);
    await assert.rejects(run(), /Of 205 published articles 204 would be taken away/);
    await db().query(`update news set removed_at = null where right(unique_id, 1) <> '1'`);
    assert.equal((await run()).rows, 184);
  });

  test('a dataset that this database has not written is not replaced by next to nothing', async () => {
    await mkdir(join(folder(), 'data'), { recursive: true });
    await writeFile(join(folder(), 'data/train-00000-of-00001.parquet'), Buffer.alloc(1_200_000));
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await assert.rejects(run(), /1200000 bytes of shards that this database did not write/);
    assert.deepEqual(await readdir(join(folder(), 'data')), ['train-00000-of-00001.parquet']);
    await run({ fullSync: true });
    assert.deepEqual(await readIds(folder()), { 'train-2026-01.parquet': ['a'] });
  });

  test('while an import is under way nothing that it has yet to bring is deleted', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
    await run();
    await db().query(
      `insert into imports (source, status, options, report) values ('dataset a/b', 'open', '{}', '{}')`,
    );
    await assert.rejects(run(), /The import of dataset a\/b has not come to its end/);
    await run({ fullSync: true });
    await db().query(`update imports set status = 'done'`);
    await run();
    await db().query('delete from imports');
  });

  test('a file that is lost or cut short is restored', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
      { id: 'c', publishedAt: '2026-03-10T12:00:00Z' },
    ]);
    await run();
    const whole = await readFile(join(folder(), 'data/train-2026-02.parquet'));
    await rm(join(folder(), 'data/train-2026-01.parquet'));
    await truncate(join(folder(), 'data/train-2026-02.parquet'), 100);
    assert.equal((await run()).shardsWritten, 2);
    assert.deepEqual(await readIds(folder()), {
      'train-2026-01.parquet': ['a'],
      'train-2026-02.parquet': ['b'],
      'train-2026-03-10.parquet': ['c'],
    });
    assert.ok(whole.equals(await readFile(join(folder(), 'data/train-2026-02.parquet'))));
  });

  test('shards of another making are replaced in the first commit', async () => {
    await mkdir(join(folder(), 'data'));
    await writeFile(join(folder(), 'data/train-00000-of-00003.parquet'), 'legacy');
    await writeFile(join(folder(), 'data/train-2026-02-10-063000.parquet'), 'legacy');
    await writeFile(join(folder(), 'README.md'), 'card');
    await writeFile(join(folder(), 'dataset_infos.json'), '{}');
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    assert.equal((await run()).shardsDeleted, 2);
    assert.deepEqual(await readIds(folder()), { 'train-2026-02.parquet': ['a'] });
    assert.match(await readFile(join(folder(), 'README.md'), 'utf8'), /^card$/m);
    await assert.rejects(readFile(join(folder(), 'dataset_infos.json')), { code: 'ENOENT' });
  });

  test('a version that shows nothing new is noted, not committed', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    await run();
    const files = await inodes();
    await db().query(`update news set content_embedding = array_fill(0.5::real, array[768])::vector`);
    const { periods, shardsWritten, commit } = await run();
    assert.deepEqual([periods, shardsWritten, commit], [['2026-02'], 0, null]);
    assert.deepEqual((await run()).periods, []);
    assert.deepEqual(await inodes(), files);
  });

  test('the card goes with a change of shards, and makes none of its own', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    await run();
    const card = () => readFile(join(folder(), 'README.md'), 'utf8');
    assert.match(await card(), /\| notícias \| 1 \|[\s\S]*\| última publicação \| 10\/02\/2026 \|/);
    await writeFile(join(folder(), 'README.md'), 'by hand');
    assert.equal((await run()).commit, null);
    assert.equal(await card(), 'by hand');
    await insertArticles(db(), [{ id: 'b', publishedAt: '2026-03-11T12:00:00Z' }]);
    await run();
    assert.match(await card(), /by hand[\s\S]*\| notícias \| 2 \|[\s\S]*\| última publicação \| 11\/03\/2026 \|/);
  });

  test('a dry run names the files that would be added and deleted', async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-03-01T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-02T12:00:00Z' },
    ]);
    const { bytes } = await run();
    const planned = await run({ now: APRIL, dryRun: true });
    const done = await run({ now: APRIL });
    assert.deepEqual([planned.added, planned.deleted], [done.added, done.deleted]);
    assert.deepEqual(planned.deleted, ['data/train-2026-03-01.parquet', 'data/train-2026-03-02.parquet']);
    assert.deepEqual([planned.bytes, planned.commit], [bytes, null]);
  });

  test('a full sync looks at every period, and commits nothing where the bytes are the same', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z' }]);
    await run();
    const { periods, commit } = await run({ fullSync: true });
    assert.deepEqual([periods, commit], [['2026-02'], null]);
    assert.equal((await run({ fullSync: true, codec: 'snappy' })).shardsWritten, 1);
  });
});
