import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { type DatasetRow, datasetColumns } from '../../../shared/dataset-schema.ts';
import { createParquetStream, type ParquetCodec } from '../../../shared/parquet.ts';

/** Microseconds of an instant, as rows of the dataset have them. */
export function micros(text: string): number {
  return Date.parse(text) * 1000;
}

/** A legacy row: only what a test is about needs to be given. */
export function datasetRow(fields: Partial<DatasetRow> = {}): DatasetRow {
  const title = fields.title ?? 'Ministério anuncia obras em escolas';
  const agency = fields.agency ?? 'mec';
  const empty = Object.fromEntries(datasetColumns.map(({ name }) => [name, null])) as DatasetRow;
  const row: DatasetRow = {
    ...empty,
    agency,
    title,
    published_at: micros('2025-03-10T12:00:00-03:00'),
    extracted_at: micros('2025-03-10T18:00:00Z'),
    url: `https://www.gov.br/${agency}/pt-br/noticias/${encodeURIComponent(title.toLowerCase())}`,
    content: 'O ministério anunciou obras em escolas de todo o país.',
    tags: ['obras'],
    ...fields,
  };
  const legacy = createHash('md5').update(`${agency}_2025-03-10_${row.title}_${row.url}`).digest('hex');
  return { ...row, unique_id: fields.unique_id ?? legacy };
}

/** As many different rows. */
export function datasetRows(count: number, fields: Partial<DatasetRow> = {}): DatasetRow[] {
  return Array.from({ length: count }, (_, index) => datasetRow({ title: `Notícia número ${index}`, ...fields }));
}

export interface ShardOptions {
  codec?: ParquetCodec;
  rowGroupRows?: number;
  /** Leaves these columns out. */
  without?: readonly string[];
}

/** The bytes of a shard with the dataset's types. */
export async function shardBytes(rows: readonly DatasetRow[], options: ShardOptions = {}): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const stream = createParquetStream({
    ...options,
    columns: datasetColumns.filter(({ name }) => !options.without?.includes(name)),
    write: async (bytes) => {
      chunks.push(Uint8Array.from(bytes));
    },
  });
  for (const row of rows) await stream.append(row);
  await stream.finish();
  return Buffer.concat(chunks);
}

/** A shard whose pages say that they are compressed with LZ4. */
export function foreignCodecBytes(): Uint8Array {
  const columnData = ['unique_id', 'agency', 'published_at', 'title', 'url'].map(
    (name): ColumnSource => ({ name, data: ['2025-03-10'], type: 'STRING' }),
  );
  const compressors = { LZ4_RAW: (page: Uint8Array) => page.slice() };
  return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'LZ4_RAW', compressors }));
}

/** Writes shards into a folder, by their paths. */
export async function writeShards(
  folder: string,
  shards: Readonly<Record<string, readonly DatasetRow[]>>,
  options: ShardOptions = {},
): Promise<void> {
  for (const [path, rows] of Object.entries(shards)) {
    await writeShardFile(folder, path, await shardBytes(rows, options));
  }
}

export async function writeShardFile(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}
