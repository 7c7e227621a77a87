import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRow, datasetRows, writeShards } from './shards.ts';
import { useImport } from './use-import.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

describe('an import that is killed', { skip: withoutPostgres }, () => {
  const { db, url, folder, run, validate, news } = useImport();

  const rowsDone = async () => {
    const { rows } = await db().query<{ done: number }>(
      'select coalesce(sum(next_row), 0)::bigint as done from import_files',
    );
    return rows[0]!.done;
  };

  /** Imports in another process, and kills it without a warning once so many rows are in. */
  async function killedAfter(rowCount: number) {
    const args = ['migrate-hf-to-pg', '--path', folder(), '--database-url', url(), '--batch-size', '3', '--resume'];
    const child = spawn(process.execPath, [bin, ...args], { stdio: 'ignore', env: { PATH: process.env.PATH ?? '' } });
    const exit = once(child, 'exit');
    while ((await rowsDone()) < rowCount && child.exitCode === null) await setTimeout(2);
    child.kill('SIGKILL');
    const [, signal] = await exit;
    assert.equal(signal, 'SIGKILL', 'the import came to its end before it could be killed');
  }

  test('goes on without a gap or a double', { timeout: 300_000 }, async () => {
    const url = 'https://www.gov.br/mec/pt-br/noticias/irma';
    const twins = [1, 2].map((seconds) =>
      datasetRow({ title: `Irmã ${seconds}`, url, extracted_at: seconds * 1_000_000 }),
    );
    const rows = datasetRows(900);
    await writeShards(folder(), {
      'a.parquet': [twins[0]!, ...rows.slice(0, 450)],
      'b.parquet': [...rows.slice(450), twins[1]!],
    });
    await killedAfter(1);
    await killedAfter(150);
    await killedAfter(500);
    const done = await rowsDone();
    const { report, rows_done, is_done } = await run({ isResumed: true });
    assert.ok(done >= 500 && done < 902);
    assert.deepEqual([rows_done, is_done], [902, true]);
    assert.deepEqual([report.rows, report.inserted, report.unchanged, report.merged], [902, 901, 0, 1]);
    assert.equal((await news('unique_id')).length, 901);
    assert.equal((await validate()).is_valid, true);
  });
});
