import { openShard, type ShardRow } from '../../shared/dataset-reader.ts';
import type { DatasetFile } from '../../shared/dataset-source.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type AcceptedRow, acceptRow, type RejectedRow } from './accept-row.ts';
import type { Repair } from './repair.ts';

/** Consecutive rows of a file, checked and repaired. */
export interface AcceptedRows {
  rows: ((AcceptedRow | RejectedRow) & { position: number })[];
  /** Of the first row, and of the first after the last. */
  start: number;
  end: number;
}

/** Which rows of a file are read. */
export interface RowsOrder {
  /** Of the file as it was planned. */
  fingerprint: string;
  /** Positions of the first row, and of the first that is not read. */
  from: number;
  to: number;
  batchSize: number;
  repairs: ReadonlySet<Repair>;
}

/** Characters of a batch, in all its texts: those of megabytes make it shorter. */
const maxBatchCharacters = 8 * 1024 * 1024;

/** @throws {PermanentError} when the file is no shard of the dataset, or another one than was planned. */
export async function* readAccepted(file: DatasetFile, order: RowsOrder): AsyncGenerator<AcceptedRows, void> {
  const shard = await openShard(file);
  try {
    if (shard.fingerprint !== order.fingerprint) {
      throw new PermanentError(`${file.path} was replaced while it was read`);
    }
    for await (const rows of cut(shard.readRows(order.from), order.to, order.batchSize)) {
      yield {
        start: rows[0]!.position,
        end: rows.at(-1)!.position + 1,
        rows: rows.map((row) => ({ ...acceptRow(row, order.repairs), position: row.position })),
      };
    }
  } finally {
    await shard.close();
  }
}

async function* cut(groups: AsyncGenerator<ShardRow[]>, to: number, batchSize: number): AsyncGenerator<ShardRow[]> {
  let rows: ShardRow[] = [];
  let characters = 0;
  for await (const group of groups) {
    for (const row of group) {
      if (row.position >= to) break;
      rows.push(row);
      characters += countCharacters(row);
      if (rows.length < batchSize && characters < maxBatchCharacters) continue;
      yield rows;
      rows = [];
      characters = 0;
    }
    if (group.at(-1)!.position + 1 >= to) break;
  }
  if (rows.length > 0) yield rows;
}

function countCharacters({ fields }: ShardRow): number {
  const texts = Object.values(fields).flat();
  return texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
}
