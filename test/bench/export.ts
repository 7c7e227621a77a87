import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { exportDataset } from '../../functions/export/export.ts';
import { createFolderTarget } from '../../functions/export/folder-target.ts';
import type { DatasetTarget } from '../../functions/export/target.ts';
import { parseInteger } from '../../infra/local/options.ts';
import type { Database } from '../../shared/database.ts';
import { silentLogger } from '../../shared/log.ts';
import { keepYoungHeapSmall } from '../../shared/young-heap.ts';
import { seedArchive } from './support/archive.ts';
import { openBenchDatabase } from './support/database.ts';

export const description = 'a full export into a folder, one without changes, one of an edited row';

export const options = [
  new Option('--rows <n>', 'articles that an empty database is filled with')
    .argParser(parseInteger(1, 10_000_000))
    .default(50_000),
  new Option('--out <folder>', 'where the dataset is written, in place of a folder that goes afterwards'),
  new Option('--database-url <url>', 'a Postgres with pgvector to use, in place of one of its own'),
];

interface ExportBenchOptions {
  rows: number;
  out?: string;
  databaseUrl?: string;
}

/**
 * Exports all articles of a database, or of a server of its own with as many as are asked for. The edited title is put
 * back in the end.
 *
 * `peak_tmp_mb` counts the files that are being written: one that is finished would be on the Hub.
 */
export async function run({ rows, out, databaseUrl }: ExportBenchOptions): Promise<Record<string, unknown>> {
  // As the deployed function does.
  keepYoungHeapSmall();
  await using resources = new AsyncDisposableStack();
  const { db, close } = await openBenchDatabase('postgres', databaseUrl);
  resources.defer(close);
  if ((await countArticles(db)) === 0) await seedArchive(db, rows);
  const folder = out ?? (await mkdtemp(join(tmpdir(), 'export-')));
  if (!out) resources.defer(() => rm(folder, { recursive: true }));

  const counted = countTemporary(createFolderTarget(folder));
  const runExport = async (fullSync: boolean) => {
    const startedAt = performance.now();
    const result = await exportDataset(
      { repo: `bench ${folder}`, branch: 'main', now: new Date(), fullSync },
      {
        db,
        target: counted.target,
        log: silentLogger,
        progress: ({ period, periodsDone, periodCount, rowsWritten }) => {
          if (process.stderr.isTTY)
            process.stderr.write(`\r${period} (${periodsDone}/${periodCount}) ${rowsWritten} rows `);
        },
      },
    );
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    return { ...result, ms: performance.now() - startedAt };
  };

  const full = await runExport(true);
  const second = await runExport(false);
  if (second.shardsWritten > 0) throw new Error(`The second run wrote ${second.periods.join(', ')}`);
  const undo = await editTitle(db);
  const edit = await runExport(false).finally(undo);
  if (edit.shardsWritten !== 1) throw new Error(`One edit wrote ${edit.shardsWritten} shards`);
  return {
    rows: full.rows,
    shards: full.shards.length,
    bytes: full.bytes,
    seconds: Math.round(full.ms / 10) / 100,
    rows_per_second: Math.round(full.rows / (full.ms / 1000)),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    peak_tmp_mb: Math.round(counted.peakBytes() / 1024 / 102.4) / 10,
    second_run_ms: Math.round(second.ms),
    one_edit_ms: Math.round(edit.ms),
    one_edit_bytes: edit.bytesWritten,
  };
}

async function countArticles(db: Database): Promise<number> {
  const { rowCount } = await db.query('select from news limit 1');
  return rowCount;
}

/** Changes the title of an article in the middle of the archive; returns what takes that back. */
async function editTitle(db: Database): Promise<() => Promise<void>> {
  const { rows } = await db.query<{ unique_id: string; title: string }>(
    `select unique_id, title from news where removed_at is null order by published_at, unique_id
     offset (select count(*) / 2 from news where removed_at is null) limit 1`,
  );
  const { unique_id: uniqueId, title } = rows[0]!;
  const setTitle = (text: string) => db.query('update news set title = $2 where unique_id = $1', [uniqueId, text]);
  await setTitle(`${title} (editado)`);
  return async () => void (await setTitle(title));
}

/** A target that knows how many bytes stood in unfinished files at most. */
function countTemporary(target: DatasetTarget): { target: DatasetTarget; peakBytes(): number } {
  let bytes = 0;
  let peak = 0;
  const stage: DatasetTarget['stage'] = async () => {
    const file = await target.stage();
    const { write, finish, discard } = file;
    let written = 0;
    const forget = () => {
      bytes -= written;
      written = 0;
    };
    // The target knows its files by identity.
    return Object.assign(file, {
      write: async (piece: Uint8Array) => {
        await write(piece);
        written += piece.byteLength;
        bytes += piece.byteLength;
        peak = Math.max(peak, bytes);
      },
      finish: () => finish().finally(forget),
      discard: () => discard().finally(forget),
    });
  };
  return { target: { ...target, stage }, peakBytes: () => peak };
}
