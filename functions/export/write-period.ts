import { createHash } from 'node:crypto';
import type { Queryable } from '../../shared/database.ts';
import type { DatasetColumn } from '../../shared/dataset-schema.ts';
import { createParquetStream, type ParquetCodec, type ParquetStream } from '../../shared/parquet.ts';
import { periodBounds, shardPaths } from './period.ts';
import { type ExportRow, type LedgerShard, listExportRows, type PeriodState } from './sql.ts';
import type { StagedFile } from './target.ts';

const BATCH = { rowCount: 500, maxTextBytes: 16 * 1024 * 1024 };

/** A shard that is written and waits for its commit. */
export interface WrittenShard extends Omit<LedgerShard, 'commit'> {
  file: StagedFile;
}

export interface ShardSettings {
  columns: readonly DatasetColumn[];
  codec: ParquetCodec;
  /** Size from which a shard takes no further row group: the period goes on in another part. */
  maxShardBytes: number;
}

/** Streams the rows of a period into its shards. Memory is bounded by one batch and one row group. */
export async function writePeriod(
  state: PeriodState,
  settings: ShardSettings,
  deps: { tx: Queryable; stage(): Promise<StagedFile> },
): Promise<WrittenShard[]> {
  const digest = createHash('md5');
  const finished: Omit<WrittenShard, 'path' | 'digest'>[] = [];
  let part: { file: StagedFile; stream: ParquetStream; rowCount: number } | undefined;
  const finishPart = async () => {
    if (!part) return;
    const { file, stream, rowCount } = part;
    await stream.finish();
    finished.push({ period: state.period, rowCount, file, ...(await file.finish()) });
    part = undefined;
  };
  for await (const rows of readAhead(readBatches(deps.tx, state))) {
    for (const row of rows) {
      if (part && part.stream.sizeBytes >= settings.maxShardBytes) await finishPart();
      part ??= await openPart(await deps.stage(), settings);
      await part.stream.append(row);
      part.rowCount += 1;
      digest.update(`${row.unique_id} ${row.version}\n`);
    }
  }
  await finishPart();

  // Taken from the rows as they were written, so that the ledger never claims more than the files hold.
  const written = digest.digest('hex');
  if (written !== state.digest) {
    throw new Error(`The rows read of period ${state.period} have digest ${written}, the index says ${state.digest}`);
  }
  const paths = shardPaths(state.period, finished.length);
  return finished.map((shard, index) => ({ ...shard, path: paths[index]!, digest: written }));
}

function openPart(file: StagedFile, { columns, codec }: ShardSettings) {
  const stream = createParquetStream({ columns, codec, write: (bytes) => file.write(bytes) });
  return { file, stream, rowCount: 0 };
}

async function* readBatches(tx: Queryable, { period, rowCount }: PeriodState): AsyncGenerator<ExportRow[]> {
  const { start, end } = periodBounds(period);
  let cursor = { publishedAt: start.getTime() * 1_000, uniqueId: '' };
  for (let left = rowCount; left > 0; ) {
    const rows = await listExportRows(tx, cursor, end, BATCH);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    left -= rows.length;
    cursor = { publishedAt: last.published_at, uniqueId: last.unique_id };
  }
}

/** Asks for the next value before it hands out this one: Postgres reads while we encode. */
async function* readAhead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (let result = await next; !result.done; result = await next) {
      next = source.next();
      // Its failure is met by the await above, or below once nobody wants it any more.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
  }
}
