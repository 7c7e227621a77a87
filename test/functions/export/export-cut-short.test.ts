import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import type { Database } from '../../../shared/database.ts';
import { withoutPostgres } from '../../support/database.ts';
import { insertArticles, readDataset } from './articles.ts';
import { useExport } from './use-export.ts';

describe('export: cut short', { skip: withoutPostgres }, () => {
  const { db, folder, run, ledger } = useExport();

  const interrupted = new Error('killed');
  beforeEach(async () => {
    await insertArticles(db(), [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-02-10T12:00:00Z' },
    ]);
    await run();
    await db().query(`update news set title = title || ' (corrigido)'`);
  });
  const titles = async () => Object.values(await readDataset(folder())).map((rows) => rows[0]?.title);
  const corrected = ['Título de a (corrigido)', 'Título de b (corrigido)'];

  test('before its commit leaves the dataset and the ledger as they were', async () => {
    const before = await ledger();
    const target = createFolderTarget(folder());
    const commit = () => Promise.reject(interrupted);
    await assert.rejects(run({}, { target: { ...target, commit } }), interrupted);
    assert.deepEqual(await titles(), ['Título de a', 'Título de b']);
    assert.deepEqual([await ledger(), await readdir(join(folder(), '.staging'))], [before, []]);
    await run();
    assert.deepEqual(await titles(), corrected);
  });

  test('within its commit leaves whole files, and the next run mends the rest', async () => {
    const target = createFolderTarget(folder());
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
    await assert.rejects(run({}, { db: { ...db(), transaction } }), interrupted);
    assert.deepEqual(await titles(), corrected);
    const { periods, commit } = await run();
    assert.deepEqual([periods, commit], [['2026-01', '2026-02'], null]);
    assert.deepEqual((await run()).periods, []);
  });

  test('by a database that fails leaves nothing behind', async () => {
    const snapshot: Database['snapshot'] = (work) =>
      db().snapshot((tx) => {
        let batches = 0;
        return work({
          ...tx,
          copyOut: (select) => (++batches === 2 ? Promise.reject(interrupted) : tx.copyOut(select)),
        });
      });
    await assert.rejects(run({}, { db: { ...db(), snapshot } }), interrupted);
    assert.deepEqual(await titles(), ['Título de a', 'Título de b']);
    assert.deepEqual(await readdir(join(folder(), '.staging')), []);
  });
});
