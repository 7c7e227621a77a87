import type { Snapshot } from '../../shared/database.ts';
import type { DatasetColumn } from '../../shared/dataset-schema.ts';
import { errorMessage, PermanentError } from '../../shared/errors.ts';
import { createParquetStream, type ParquetCodec, type ParquetStream } from '../../shared/parquet.ts';
import { readAhead } from '../../shared/read-ahead.ts';
import { periodBounds, shardPaths } from './period.ts';
import { type ExportBatch, type ExportCursor, type LedgerShard, type PeriodState, readExportBatch } from './sql.ts';
import type { StagedFile } from './target.ts';

const BATCH = { maxRows: 500, maxTextBytes: 2 * 1024 * 1024 };

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
  { columns, codec, maxShardBytes }: ShardSettings,
  deps: { tx: Snapshot; stage(): Promise<StagedFile> },
): Promise<WrittenShard[]> {
  let digest = 0n;
  const finished: Omit<WrittenShard, 'path' | 'digest'>[] = [];
  let part: { file: StagedFile; stream: ParquetStream; rowCount: number } | undefined;
  const finishPart = async () => {
    if (!part) return;
    const { file, stream, rowCount } = part;
    await stream.finish();
    finished.push({ period: state.period, rowCount, file, ...(await file.finish()) });
    part = undefined;
  };
  for await (const batch of readAhead(readBatches(deps.tx, state, columns))) {
    for (let index = 0; index < batch.rowCount; index++) {
      const { uniqueId, hash, values } = batch.row(index);
      if (part && part.stream.sizeBytes >= maxShardBytes) await finishPart();
      part ??= openPart(await deps.stage(), { codec, columns });
      await part.stream.append(values).catch((cause: unknown) => {
        throw new PermanentError(`Article ${uniqueId} has no place in the dataset: ${errorMessage(cause)}`, { cause });
      });
      part.rowCount += 1;
      digest ^= hash;
    }
    batch.release();
  }
  await finishPart();

  // Taken from the rows as they were written, so that the ledger never claims more than the files hold.
  const written = BigInt.asUintN(64, digest).toString(16);
  if (written !== state.digest) {
    throw new Error(`The rows read of period ${state.period} have digest ${written}, the index says ${state.digest}`);
  }
  const paths = shardPaths(state.period, finished.length);
  return finished.map((shard, index) => ({ ...shard, path: paths[index]!, digest: written }));
}

function openPart(file: StagedFile, layout: { codec: ParquetCodec; columns: readonly DatasetColumn[] }) {
  return { file, stream: createParquetStream({ ...layout, write: (bytes) => file.write(bytes) }), rowCount: 0 };
}

async function* readBatches(
  tx: Snapshot,
  { period, rowCount }: PeriodState,
  columns: readonly DatasetColumn[],
): AsyncGenerator<ExportBatch> {
  const { start, end } = periodBounds(period);
  let after: ExportCursor = { publishedAt: BigInt(start.getTime()) * 1_000n, uniqueId: '' };
  for (let left = rowCount; left > 0; ) {
    const batch = await readExportBatch(tx, { ...BATCH, after, before: end, columns });
    if (!batch) return;
    yield batch;
    left -= batch.rowCount;
    after = batch.next;
  }
}
