import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { datasetRow, datasetRows, writeShards } from '../../functions/import/shards.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

describe('destaques migrate-hf-to-pg', { skip: withoutPostgres }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'import-command-'));
  const dataset = join(folder, 'dataset');
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    const rows = [datasetRow({ agency: 'nova' })];
    await writeShards(dataset, { 'data/a.parquet': datasetRows(25), 'data/b.parquet': rows });
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  function destaques(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--database-url', database.url], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: folder },
      timeout: 120_000,
    });
    return { status, stdout, stderr };
  }

  test('imports a folder in parts and ends with the table, which validate-migration prints alone', () => {
    const first = destaques('migrate-hf-to-pg', '--path', dataset, '--max-records', '10', '--batch-size', '4');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /10 of 26 rows\n +10 {2}inserted/);
    assert.match(first.stdout, /--resume goes on from here/);
    assert.match(first.stdout, /ok +articles of the source in the table +10 +expected 10/);

    const second = destaques('migrate-hf-to-pg', '--path', dataset, '--resume');
    assert.equal(second.status, 1);
    assert.match(second.stdout, /Unknown agencies .*\n +1 {2}nova/);
    assert.match(second.stdout, /FAIL +rows of unknown agencies +1 +expected 0/);
    assert.match(second.stderr, /the table is not what the source says: .*rows of unknown agencies/);
    assert.equal(destaques('validate-migration', '--path', dataset).status, 1);

    const third = destaques('migrate-hf-to-pg', '--path', dataset, '--create-agencies', '--json');
    assert.equal(third.status, 0, third.stderr);
    const result = JSON.parse(third.stdout);
    assert.deepEqual([result.import.report.inserted, result.import.report.unchanged], [1, 25]);
    assert.equal(
      JSON.parse(destaques('validate-migration', '--path', dataset, '--json').stdout).validation.is_valid,
      true,
    );
  });

  test('a wrong call is told in one line', () => {
    for (const [args, text] of [
      [[], /give one of --dataset and --path/],
      [['--path', dataset, '--revision', 'main'], /--revision goes with --dataset/],
      [['--path', dataset, '--repair', 'dates'], /must be none, all, or some of share-blocks/],
      [['--path', dataset, '--repair', ''], /must be none, all, or some of share-blocks/],
    ] as const) {
      const { status, stderr } = destaques('migrate-hf-to-pg', ...args);
      assert.equal(status, 2);
      assert.match(stderr, text);
    }
    const { status, stderr } = destaques('migrate-hf-to-pg', '--path', `${folder}/nowhere`);
    assert.deepEqual([status, stderr.trim().split('\n').at(-1)], [1, `error: ${folder}/nowhere is not a folder`]);
  });
});
