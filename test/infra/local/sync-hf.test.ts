import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ExportAllResult } from '../../../functions/export/export-all.ts';
import { insertArticles, insertCatalogue } from '../../functions/export/articles.ts';
import { type HubStandIn, startHub } from '../../stand-ins/hub.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

let database: TestDatabase;
let hub: HubStandIn;
before(async () => {
  if (withoutPostgres) return;
  database = await createTestDatabase();
  await insertCatalogue(database.db);
  hub = await startHub({ readToken: 'hf_read' });
  await hub.create('nobody/news');
  await hub.create('nobody/reduced');
});
after(async () => {
  await database?.drop();
  await hub?.close();
});

async function syncHf(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = await run(['sync-hf', '--database-url', database.url, ...args], env);
  return { status, stderr, result: status === 0 ? (JSON.parse(stdout) as ExportAllResult) : null };
}

async function run(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: status as number, stdout, stderr };
}

test('sync-hf brings both datasets on the Hub to what the table holds', { skip: withoutPostgres }, async () => {
  await insertArticles(database.db, [{ id: 'a', publishedAt: '2026-01-10T12:00:00Z' }]);
  const repos = ['--repo', 'nobody/news', '--reduced-repo', 'nobody/reduced'];
  const planned = await syncHf([...repos, '--dry-run']);
  assert.deepEqual(
    [planned.result?.added, planned.result?.deleted, planned.result?.bytes, planned.result?.commit],
    [['data/train-2026-01.parquet'], [], 0, null],
    planned.stderr,
  );
  assert.equal((await hub.commits('nobody/news')).length, 1);

  const { result, stderr } = await syncHf(repos);
  assert.match(stderr, /Dataset: http:\S+\/datasets\/nobody\/news, http:\S+\/datasets\/nobody\/reduced\n/);
  assert.deepEqual([result?.rows, result?.reduced?.rows], [1, 1]);
  const fromEnvironment = { EXPORT_REPO: 'nobody/news', EXPORT_REDUCED_REPO: 'nobody/reduced' };
  const again = await syncHf(['--incremental'], fromEnvironment);
  assert.deepEqual([again.result?.commit, again.result?.reduced?.commit], [null, null], again.stderr);
  // A dataset that is named by a flag brings no other one of the environment with it.
  assert.equal((await syncHf(['--full-sync', '--repo', 'nobody/news'], fromEnvironment)).result?.reduced, undefined);
});

test('what changed since an export is looked for on its branch', { skip: withoutPostgres }, async () => {
  const args = ['migrate-hf-to-pg', '--database-url', database.url, '--dataset', 'nobody/news', '--changed'];
  const { status, stderr } = await run(args, { EXPORT_BRANCH: 'experimental' });
  assert.equal(status, 1);
  assert.match(stderr, /\/nobody\/news\/revision\/experimental answers 404/);
});

test('sync-hf says in one line what is wrong, and what to do', { skip: withoutPostgres }, async () => {
  for (const [args, env, expected, message] of [
    [['--repo', 'news'], {}, 2, /"news" is no namespace\/name/],
    [['--repo', 'nobody/news', '--out', '/tmp/x'], {}, 2, /not both/],
    [['--reduced-repo', 'nobody/reduced'], {}, 2, /goes with --repo/],
    [['--repo', 'nobody/news'], { HF_TOKEN: '' }, 1, /HF_TOKEN is not set/],
    [['--repo', 'nobody/news'], { HF_TOKEN: 'hf_wrong' }, 1, /wrong or expired/],
    [['--repo', 'nobody/news', '--full-sync'], { HF_TOKEN: 'hf_read', EXPORT_CODEC: 'snappy' }, 1, /may not write/],
    [['--repo', 'nobody/none'], {}, 1, /create it on the Hub/],
  ] as [string[], NodeJS.ProcessEnv, number, RegExp][]) {
    const { status, stderr } = await syncHf(args, env);
    assert.equal(status, expected, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.split('\n').filter((line) => line.startsWith('error:')).length, 1, stderr);
  }
});
