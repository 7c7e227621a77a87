import { setImmediate } from 'node:timers/promises';
import { openShard, type ShardRow } from '../../shared/dataset-reader.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type MapContext, type MappedRow, mapRow } from './article.ts';
import type { PlannedFile } from './plan.ts';

/** Consecutive rows of a file, read as articles. */
export interface Batch {
  rows: (MappedRow & { position: number })[];
  /** Of the first row, and of the first after the last. */
  start: number;
  end: number;
  created: { agencies: string[]; themes: string[] };
}

export interface BatchOptions extends MapContext {
  batchSize: number;
  createMissing: boolean;
}

/** Characters of a batch: texts of megabytes make it shorter. */
const maxBatchCharacters = 8 * 1024 * 1024;

const rowsOfSlice = 25;

/** The rows of a file from a position to before another, in batches. */
export async function* readBatches(
  { file, fingerprint }: PlannedFile,
  from: number,
  to: number,
  options: BatchOptions,
): AsyncGenerator<Batch, void> {
  const shard = await openShard(file);
  try {
    if (shard.fingerprint !== fingerprint) throw new PermanentError(`${file.path} was replaced while it was read`);
    for await (const rows of cut(shard.readRows(from), to, options.batchSize)) {
      const created = options.createMissing
        ? await options.catalogue.create(rows.map(({ fields }) => fields))
        : { agencies: [], themes: [] };
      yield {
        start: rows[0]!.position,
        end: rows.at(-1)!.position + 1,
        rows: await mapRows(rows, options),
        created,
      };
    }
  } finally {
    await shard.close();
  }
}

/** In slices: between them the statements of the batch before go on, while the database would wait for this one. */
async function mapRows(rows: readonly ShardRow[], context: MapContext): Promise<Batch['rows']> {
  const mapped: Batch['rows'] = [];
  for (const [index, row] of rows.entries()) {
    if (index % rowsOfSlice === 0) await setImmediate();
    mapped.push({ ...mapRow(row, context), position: row.position });
  }
  return mapped;
}

async function* cut(groups: AsyncGenerator<ShardRow[]>, to: number, batchSize: number): AsyncGenerator<ShardRow[]> {
  let rows: ShardRow[] = [];
  let characters = 0;
  for await (const group of groups) {
    for (const row of group) {
      if (row.position >= to) break;
      rows.push(row);
      characters += row.fields.content?.length ?? 0;
      if (rows.length < batchSize && characters < maxBatchCharacters) continue;
      yield rows;
      rows = [];
      characters = 0;
    }
    if (group.at(-1)!.position + 1 >= to) break;
  }
  if (rows.length > 0) yield rows;
}
