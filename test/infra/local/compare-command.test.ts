import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { insertArticles, insertCatalogue } from '../../functions/export/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

describe('compare-backends and sync-hf as commands', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let folder: string;
  before(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'compare-command-'));
    await insertCatalogue(database.db);
    await insertArticles(database.db, [{ id: 'a', publishedAt: new Date().toISOString() }]);
  });
  after(async () => {
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  function destaques(env: Record<string, string>, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', folder], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', DATABASE_URL: database.url, ...env },
      timeout: 120_000,
    });
    return { status, stdout, stderr };
  }
  const journal = async () => (await database.db.query('select unique_id from hub_journal')).rows;

  test('sync-hf flushes, and compare-backends ends with 0', () => {
    const synced = destaques({ STORAGE_BACKEND: 'dual_write' }, 'sync-hf');
    assert.equal(synced.status, 0, synced.stderr);
    assert.equal(JSON.parse(synced.stdout).journalFlushed, 0);
    const { status, stdout, stderr } = destaques({}, 'compare-backends', '--days', '2');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /The journal is empty\.\nEqual: 1 articles on both sides, all fields of 1 compared\./);
  });

  test('an operator’s command is journaled, and compare-backends ends with 1 until it is flushed', async () => {
    const removed = destaques({ STORAGE_BACKEND: 'dual_write' }, 'articles', 'remove', 'a');
    assert.equal(removed.status, 0, removed.stderr);
    assert.deepEqual(await journal(), [{ unique_id: 'a' }]);
    const { status, stdout, stderr } = destaques({}, 'compare-backends', '--json');
    const { extra, journal_open: open } = JSON.parse(stdout);
    assert.deepEqual([status, extra, open], [1, ['a'], 1]);
    assert.match(stderr, /error: Postgres and the dataset differ/);
  });

  test('sync-hf to another place leaves the journal to the dataset that readers have', async () => {
    const copied = destaques({ STORAGE_BACKEND: 'dual_write' }, 'sync-hf', '--out', join(folder, 'copy'));
    assert.equal(copied.status, 0, copied.stderr);
    assert.ok(!('journalFlushed' in JSON.parse(copied.stdout)));
    assert.deepEqual(await journal(), [{ unique_id: 'a' }]);
    const named = destaques({ EXPORT_DIR: join(folder, 'dataset') }, 'sync-hf', '--out', join(folder, 'dataset'));
    assert.equal(JSON.parse(named.stdout).journalFlushed, 1, named.stderr);
    assert.deepEqual(await journal(), []);
  });

  test('names what cannot be used', () => {
    const wrong = destaques({}, 'compare-backends', '--dataset', 'a/b', '--path', 'x');
    assert.deepEqual([wrong.status, /choose --dataset or --path/.test(wrong.stderr)], [2, true]);
    const absent = destaques({}, 'compare-backends', '--path', join(folder, 'nothing'));
    assert.deepEqual([absent.status, /is not a folder/.test(absent.stderr)], [2, true]);
    for (const [command, status] of Object.entries({ status: 1, 'compare-backends': 2 })) {
      const backend = destaques({ STORAGE_BACKEND: 'mysql' }, command);
      assert.deepEqual([backend.status, /STORAGE_BACKEND/.test(backend.stderr)], [status, true]);
    }
  });
});
