import { setImmediate } from 'node:timers/promises';
import { openShard, type ShardRow } from '../../shared/dataset-reader.ts';
import { PermanentError } from '../../shared/errors.ts';
import { acceptRow } from './accept-row.ts';
import { type MappedRow, mapRow } from './article.ts';
import type { ImportCatalogue } from './catalogue.ts';
import type { PlannedFile } from './plan.ts';
import type { Repair } from './repair.ts';

/** Consecutive rows of a file, read as articles. */
export interface Batch {
  rows: (MappedRow & { position: number })[];
  /** Of the first row, and of the first after the last. */
  start: number;
  end: number;
  created: { agencies: string[]; themes: string[] };
}

export interface BatchOptions {
  catalogue: ImportCatalogue;
  repairs: ReadonlySet<Repair>;
  batchSize: number;
  createMissing: boolean;
}

/** Characters of a batch, in all its texts: those of megabytes make it shorter. */
const maxBatchCharacters = 8 * 1024 * 1024;

const rowsOfSlice = 25;

const noneCreated = { agencies: [], themes: [] };

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
      yield { start: rows[0]!.position, end: rows.at(-1)!.position + 1, ...(await mapRows(rows, options)) };
    }
  } finally {
    await shard.close();
  }
}

async function mapRows(
  rows: readonly ShardRow[],
  { catalogue, repairs, createMissing }: BatchOptions,
): Promise<Pick<Batch, 'rows' | 'created'>> {
  const accepted = await inSlices(rows, (row) => acceptRow(row, repairs));
  const named = accepted.flatMap((row) => ('fields' in row ? [row.fields] : []));
  const created = createMissing ? await catalogue.create(named) : noneCreated;
  const mapped = await inSlices(accepted, (row) => mapRow(row, catalogue));
  return { created, rows: mapped.map((row, index) => ({ ...row, position: rows[index]!.position })) };
}

/** Between slices the statements of the batch before go on, while the database would wait for this one. */
async function inSlices<In, Out>(items: readonly In[], work: (item: In) => Out): Promise<Out[]> {
  const done: Out[] = [];
  for (const [index, item] of items.entries()) {
    if (index % rowsOfSlice === 0) await setImmediate();
    done.push(work(item));
  }
  return done;
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
