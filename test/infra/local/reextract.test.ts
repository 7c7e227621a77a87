import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

describe('destaques reextract', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  const folder = mkdtempSync(join(tmpdir(), 'reextract-'));
  const options = () => ['--data', folder, '--database-url', database.url];
  const env = { PATH: process.env.PATH ?? '', HOME: folder };

  function destaques(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, ...options()], {
      encoding: 'utf8',
      env,
      timeout: 120_000,
    });
    return { status, stdout, stderr };
  }
  const rows = async (sql: string) => (await database.db.query(sql)).rows;
  const articles = () => rows('select xmin::text, * from news order by unique_id');
  const current = async () =>
    Number((await rows('select count(*) as count from pages where extractor_version > 0'))[0]!.count);

  before(async () => {
    database = await createTestDatabase();
    const { status, stderr } = destaques('scrape', '--source', 'sample', '--articles', '120');
    assert.equal(status, 0, stderr);
  });
  after(async () => {
    await database?.drop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    // As if an earlier extractor had read them.
    await database.db.query('update pages set extractor_version = 0 where extractor_version is not null');
  });

  test('reads what an earlier extractor read, and finds nothing the second time', async () => {
    const before = await articles();
    const first = destaques('reextract', '--json');
    assert.equal(first.status, 0, first.stderr);
    const { dry_run: isDryRun, outcomes, refused } = JSON.parse(first.stdout);
    assert.deepEqual([isDryRun, outcomes.same, outcomes.changed, outcomes.failed, refused], [false, 120, 0, 0, null]);
    assert.equal(await current(), 125);
    assert.deepEqual(await articles(), before);
    assert.equal(JSON.parse(destaques('reextract', '--json').stdout).pages, outcomes.still_unreadable);
  });

  test('a dry run prints what would differ, for people too', async () => {
    await database.db.query(`update news set content = 'Curto.', tags = '{}' where agency_key = 'mec'`);
    const { status, stdout } = destaques('reextract', '--dry-run', '--agencies', 'mec');
    assert.equal(status, 0);
    assert.match(stdout, /^Raw pages: \d+; nothing is written\n +10 {2}changed\n/);
    assert.match(stdout, /^Articles that differ in\n +10 {2}content\n +\d+ {2}tags$/m);
    assert.match(stdout, /^ {4}content: "Curto\." → ".+"$/m);
    assert.equal(await current(), 0);
    const run = destaques('reextract', '--agencies', 'mec', '--json');
    assert.equal(JSON.parse(run.stdout).outcomes.changed, 10);
    assert.deepEqual(await rows(`select count(*) from news where content = 'Curto.'`), [{ count: 0 }]);
    assert.deepEqual(await rows('select count(*) from outbox'), [{ count: 0 }]);
  });

  test('a run that is killed goes on where it stopped', async () => {
    const before = await articles();
    const killed = spawn(process.execPath, [bin, 'reextract', '--batch-size', '2', ...options()], { env });
    const ended = once(killed, 'exit');
    while ((await current()) === 0 && killed.exitCode === null) await setTimeout(5);
    killed.kill('SIGKILL');
    await ended;
    const done = await current();
    assert.ok(done > 0 && done < 125, `${done} of 125`);
    const { stdout } = destaques('reextract', '--json');
    assert.ok(JSON.parse(stdout).outcomes.same <= 120 && JSON.parse(stdout).pages <= 127 - done);
    assert.equal(await current(), 125);
    assert.deepEqual(await articles(), before);
  });

  test('texts that would be lost are said, and nothing is written unless forced', async () => {
    await database.db.query(
      `update news set content = repeat('palavra ', 9000) where agency_key in ('anvisa', 'incra')`,
    );
    const before = await articles();
    for (const flags of [[], ['--dry-run']]) {
      const { status, stderr, stdout } = destaques('reextract', '--agencies', 'anvisa,incra', ...flags);
      assert.equal(status, 1);
      assert.match(stderr, /^error: 20 of 20 articles of volto lose more than half of their text/m);
      assert.match(stdout, /nothing is written/);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.deepEqual(await articles(), before);
    }
    const forced = destaques('reextract', '--agencies', 'anvisa,incra', '--force', '--json');
    assert.equal(forced.status, 0, forced.stderr);
    assert.equal(JSON.parse(forced.stdout).outcomes.changed, 20);
  });

  test('raw pages that are gone fail nothing, damaged ones do and are named', async () => {
    const [gone, damaged] = await rows(`select raw_path, url from pages where agency_key = 'saude' order by url`);
    rmSync(join(folder, 'bronze', String(gone!.raw_path)));
    const first = destaques('reextract', '--agencies', 'saude', '--verbose');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /1 {2}raw page is gone/);
    assert.ok(first.stderr.includes(String(gone!.url)));
    writeFileSync(join(folder, 'bronze', String(damaged!.raw_path)), 'x');
    const second = destaques('reextract', '--agencies', 'saude', '--force');
    assert.equal(second.status, 1);
    assert.match(second.stderr, /error: of \d+ raw pages 1 failed; --verbose names each/);
    assert.ok(second.stdout.includes(String(damaged!.url)));
  });

  test('a store that has none of the pages is asked about', () => {
    const other = { ...env, RAW_STORE: join(folder, 'other') };
    const args = [bin, 'reextract', '--dry-run', '--force', ...options()];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: other });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /raw page is gone/);
    assert.match(stderr, /None of them is in .*other.*: is RAW_STORE right\?/);
  });

  test('a wrong call is refused in one line', () => {
    for (const [args, message] of [
      [['--agencies', 'nenhuma'], /^error: unknown agency: nenhuma/m],
      [['--since', '2026-02-30'], /must be a day that exists/],
      [['--batch-size', '0'], /must be a whole number/],
    ] as const) {
      const { status, stderr } = destaques('reextract', ...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });
});
