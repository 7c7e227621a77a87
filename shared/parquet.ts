import type { RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { DatasetColumn, DatasetColumnType } from './dataset-schema.ts';
import { type ChunkEncoder, createChunkEncoder } from './parquet-column-chunk.ts';
import { createPageCompressor } from './parquet-compressor.ts';
import { writePageIndexes } from './parquet-page-index.ts';
import { type WrittenChunk, writeRowGroup } from './parquet-row-group.ts';
import { arrowSchemaMetadata, parquetLeaf, parquetSchema } from './parquet-schema.ts';

/** Compression of the pages of a file. */
export type ParquetCodec = 'zstd' | 'snappy';

/** Where a file goes, and how it is laid out. */
export interface ParquetStreamOptions {
  columns: readonly DatasetColumn[];
  /** Takes the bytes of the file in order. They are overwritten once its promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Default zstd: whatever reads the dataset (`datasets`, its viewer, DuckDB) reads both, and zstd is smaller. */
  codec?: ParquetCodec;
  /** Rows of a row group at most. Default 10,000. */
  rowGroupRows?: number;
  /** Bytes of all texts of a row group, after which it is closed. Default 24 Mi. */
  rowGroupBytes?: number;
  /** Bytes of a page, after which it is closed. Default 1 Mi, as in other writers: the viewer reads single pages. */
  pageBytes?: number;
}

/** A Parquet file that is being written. Its bytes depend on the rows alone, not on when they came. */
export interface ParquetStream {
  /**
   * Adds a row by column name: texts as strings, or as their UTF-8 bytes in a Buffer, which is copied; lists as arrays
   * of these; timestamps of either unit as whole microseconds since 1970. What is missing is null. Writes a row group
   * when it is full: await it before the next.
   *
   * @throws {RangeError} when a timestamp is out of the range of its column.
   */
  append(row: Readonly<Record<string, unknown>>): Promise<void>;
  /** Size of the file with the row groups written so far; 0 before the first. */
  readonly sizeBytes: number;
  /** Writes what is left, and the footer. */
  finish(): Promise<void>;
}

const MAGIC = Buffer.from('PAR1');
const MIB = 1024 * 1024;

/**
 * Opens a Parquet file for rows of the dataset's columns, written row group by row group: memory is bounded by the
 * compressed row group and a few pages. Pages are compressed on other threads while rows come in. With a complete page
 * index and the Arrow schema, so that types survive to the letter.
 */
export function createParquetStream(options: ParquetStreamOptions): ParquetStream {
  const { columns, codec = 'zstd', rowGroupRows = 10_000, rowGroupBytes = 24 * MIB, pageBytes = MIB } = options;
  const writer = new ByteWriter();
  const flush = async () => {
    await options.write(writer.getBytes());
    writer.index = 0;
  };
  writer.appendBytes(MAGIC);

  const compressor = createPageCompressor(codec);
  const pageOptions = { pageBytes, compress: compressor.compress };
  const openGroup = () =>
    columns.map((column) => ({ ...column, encoder: createChunkEncoder(parquetLeaf(column), pageOptions) }));

  const rowGroups: RowGroup[] = [];
  const chunks: WrittenChunk[] = [];
  let group = openGroup();
  let rowCount = 0;
  let groupBytes = 0;
  let sizeBytes = 0;
  const writeGroup = async () => {
    const encoded = group.map(({ encoder }) => encoder.finish());
    const written = await writeRowGroup(writer, { chunks: encoded, rowCount, codec, flush });
    rowGroups.push(written.entry);
    chunks.push(...written.chunks);
    await flush();
    sizeBytes = writer.offset;
    group = openGroup();
    rowCount = 0;
    groupBytes = 0;
  };

  return {
    async append(row) {
      for (const { name, type, encoder } of group) groupBytes += appendValue(encoder, row[name] ?? null, type);
      rowCount += 1;
      if (rowCount >= rowGroupRows || groupBytes >= rowGroupBytes) await writeGroup();
      await compressor.ready();
    },
    get sizeBytes() {
      return sizeBytes;
    },
    async finish() {
      if (rowCount > 0) await writeGroup();
      writePageIndexes(writer, chunks);
      writeMetadata(writer, {
        version: 2,
        created_by: 'destaques-govbr',
        schema: parquetSchema(columns),
        num_rows: rowGroups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
        row_groups: rowGroups,
        key_value_metadata: [{ key: 'ARROW:schema', value: arrowSchemaMetadata(columns) }],
        metadata_length: 0,
      });
      writer.appendBytes(MAGIC);
      await flush();
    },
  };
}

/** Hands a value to its column at the levels of the schema; returns the bytes of its texts. */
function appendValue(encoder: ChunkEncoder, value: unknown, type: DatasetColumnType): number {
  if (value === null) {
    encoder.append(null, 0, 0);
    return 0;
  }
  switch (type) {
    case 'string':
      return appendText(encoder, value as string | Buffer, 1, 0);
    case 'list<string>':
      return appendList(encoder, value as readonly (string | Buffer | null)[]);
    case 'timestamp[us, tz=-03:00]':
      return appendInteger(encoder, BigInt(value as number | bigint));
    case 'timestamp[ns]':
      return appendInteger(encoder, BigInt(value as number | bigint) * 1_000n);
  }
}

function appendText(encoder: ChunkEncoder, text: string | Buffer, definition: number, repetition: number): number {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  encoder.append(bytes, definition, repetition);
  return bytes.length;
}

function appendList(encoder: ChunkEncoder, list: readonly (string | Buffer | null)[]): number {
  if (list.length === 0) encoder.append(null, 1, 0);
  let bytes = 0;
  for (const [index, element] of list.entries()) {
    const repetition = index === 0 ? 0 : 1;
    if (element === null) encoder.append(null, 2, repetition);
    else bytes += appendText(encoder, element, 3, repetition);
  }
  return bytes;
}

function appendInteger(encoder: ChunkEncoder, value: bigint): number {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`A timestamp of ${value} does not fit its column`);
  encoder.append(value, 1, 0);
  return 0;
}
