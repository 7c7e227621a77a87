import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { exportAll } from '../../../functions/export/export-all.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import type { DatasetTarget } from '../../../functions/export/target.ts';
import { reducedColumns } from '../../../shared/dataset-schema.ts';
import { silentLogger } from '../../../shared/log.ts';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRow, writeShard } from '../../support/dataset.ts';
import { insertArticles, readIds } from './articles.ts';
import { createMemoryDataset } from './memory-target.ts';
import { useExport } from './use-export.ts';

describe('shards of others', { skip: withoutPostgres }, () => {
  const { db, folder, run, ledger } = useExport();
  const ours = 'data/train-2026-01.parquet';
  const two = [
    { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
    { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
  ];
  const other = [datasetRow('a', two[0]!.publishedAt, { title: 'À mão' })];
  const edit = (id: string) => db().query(`update news set title = title || '!' where unique_id = $1`, [id]);

  test('are kept where that is asked for, under names of ours too, until a full sync that names them', async () => {
    await insertArticles(db(), two);
    await run({ keepsForeign: true });
    await writeShard(folder(), ours, other);
    await writeShard(folder(), 'data/train-2025-12.parquet', [datasetRow('x', '2025-12-10T12:00:00Z')]);
    const before = await readFile(join(folder(), ours));
    await assert.rejects(run({ keepsForeign: true }), /1 shards .*train-2025-12\.parquet.*--changed.*--full-sync/);
    await writeFile(join(folder(), 'data/train-2025-12.parquet'), '');
    const both = /train-2025-12\.parquet|train-2026-01\.parquet/;
    await assert.rejects(run({ keepsForeign: true }), both);
    assert.ok(before.equals(await readFile(join(folder(), ours))));
    const { foreign } = await run({ keepsForeign: true, fullSync: true });
    assert.deepEqual(foreign, ['data/train-2025-12.parquet', ours]);
    assert.deepEqual(await readIds(folder()), { 'train-2026-01.parquet': ['a'], 'train-2026-02.parquet': ['b'] });
    assert.deepEqual((await run({ keepsForeign: true })).foreign, []);
  });

  test('are kept although one alone took the place of ours', async () => {
    await insertArticles(db(), two);
    await run();
    await writeShard(folder(), ours, other);
    await assert.rejects(run({ keepsForeign: true }), /train-2026-01\.parquet/);
    assert.deepEqual((await run()).foreign, [ours], 'elsewhere ours goes before');
  });

  test('are kept by a first export as well, whatever their layout', async () => {
    await insertArticles(db(), two);
    await writeShard(folder(), 'data/train-00000-of-00001.parquet', other);
    await assert.rejects(run({ keepsForeign: true }), /train-00000-of-00001\.parquet/);
    assert.deepEqual((await run()).foreign, ['data/train-00000-of-00001.parquet']);
  });

  test('are kept that land while an export is under way', async () => {
    await insertArticles(db(), two);
    const { target, files } = createMemoryDataset();
    const repo = 'memory';
    await run({ repo }, { target });
    await edit('a');
    let isFirst = true;
    const commit: DatasetTarget['commit'] = async (change) => {
      if (isFirst) {
        isFirst = false;
        files.set('data/train-2026-01-20-063000.parquet', Buffer.from('foreign'));
        await edit('b');
        // Another of our exports moves the head.
        await assert.rejects(run({ repo, keepsForeign: true }, { target }), /063000/);
        await target.commit({ ...change, adds: [], deletes: [] });
      }
      return await target.commit(change);
    };
    await assert.rejects(run({ repo, keepsForeign: true }, { target: { ...target, commit } }), /063000/);
    assert.ok(files.has('data/train-2026-01-20-063000.parquet'));
  });

  test('are kept in the reduced dataset', async () => {
    await insertArticles(db(), two);
    const [full, reduced] = [createMemoryDataset(), createMemoryDataset()];
    const destinations = {
      full: { target: full.target, repo: 'full', branch: 'main' },
      reduced: { target: reduced.target, repo: 'reduced', branch: 'main' },
    };
    const all = () =>
      exportAll(
        destinations,
        { now: new Date('2026-03-15T12:00:00Z'), keepsForeign: true },
        { db: db(), log: silentLogger },
      );
    await all();
    reduced.files.set('data/train-x.parquet', Buffer.from('foreign'));
    await assert.rejects(all(), /train-x\.parquet/);
  });

  test('are not what a run of ours left that died between commit and ledger, edited since or not', async () => {
    await insertArticles(db(), two);
    const dying = { ...db(), transaction: () => Promise.reject(new Error('killed')) };
    await assert.rejects(run({}, { db: dying }), /killed/);
    assert.deepEqual(await ledger(), []);
    await edit('a');
    const { foreign, added } = await run({ keepsForeign: true });
    assert.deepEqual([foreign, added], [[], [ours]]);
    const { rows } = await db().query(`select status, metadata from sync_log where operation = 'publish_shards'`);
    const settled = { status: 'succeeded', metadata: { repo: 'dataset', branch: 'main' } };
    assert.deepEqual(rows, [settled, settled]);
  });

  test('of a layout like ours are another database’s where none of them is in the ledger', async () => {
    await insertArticles(db(), two);
    await run();
    await run({ repo: 'theirs', columns: reducedColumns, fullSync: true });
    await assert.rejects(run(), /2 shards of this layout .* it is another one’s/);
    await db().query(`truncate hub_shards, sync_log`);
    await assert.rejects(run(), /another one’s/);
    assert.deepEqual((await run({ columns: reducedColumns })).foreign, [], 'equal files are no proof of another one');
    await db().query(`truncate hub_shards, sync_log`);
    assert.equal((await run({ fullSync: true })).shardsWritten, 2);
    assert.equal((await run()).commit, null);
  });

  test('a dry run names what would give way', async () => {
    await insertArticles(db(), two);
    await run();
    await writeShard(folder(), ours, other);
    assert.deepEqual((await run({ dryRun: true })).foreign, [ours]);
    assert.deepEqual((await createFolderTarget(folder()).readTree()).files.size, 2);
  });
});
