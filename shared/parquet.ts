import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { DatasetColumn, DatasetColumnType } from './dataset-schema.ts';
import { writePageIndexes } from './parquet-page-index.ts';
import { arrowSchemaMetadata, parquetSchema } from './parquet-schema.ts';

/** Compression of the pages of a file. */
export type ParquetCodec = 'zstd' | 'snappy';

/** Where a file goes, and how it is laid out. */
export interface ParquetStreamOptions {
  columns: readonly DatasetColumn[];
  /** Takes the bytes of the file in order. They are overwritten once its promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Default zstd: whatever reads the dataset (`datasets`, its viewer, DuckDB) reads both, and zstd is smaller. */
  codec?: ParquetCodec;
  /** Rows of a row group at most. Default 2,000. */
  rowGroupRows?: number;
  /** Characters of all texts of a row group, after which it is closed. Default 16 Mi. */
  rowGroupCharacters?: number;
}

/** A Parquet file that is being written. Its bytes depend on the rows alone, not on when they came. */
export interface ParquetStream {
  /** Adds a row (see `DatasetRow`); writes a row group when it is full. Await it before the next. */
  append(row: Readonly<Record<string, unknown>>): Promise<void>;
  /** Size of the file with the row groups written so far; 0 before the first. */
  readonly sizeBytes: number;
  /** Writes what is left, and the footer. */
  finish(): Promise<void>;
}

/**
 * Opens a Parquet file for rows of the dataset's columns, written row group by row group: memory is bounded by the row
 * group. With a complete page index and the Arrow schema, so that types survive to the letter.
 */
export function createParquetStream(options: ParquetStreamOptions): ParquetStream {
  const { columns, codec = 'zstd', rowGroupRows = 2_000, rowGroupCharacters = 16 * 1024 * 1024 } = options;
  const buffer = new ByteWriter();
  const flush = async () => {
    await options.write(buffer.getBytes());
    buffer.index = 0;
  };
  const parquet = new ParquetWriter({
    writer: Object.assign(buffer, { flush, finish: flush }),
    schema: parquetSchema(columns),
    codec: codec === 'zstd' ? 'ZSTD' : 'SNAPPY',
    compressors: { ZSTD: (page) => zstdCompressSync(page) },
    kvMetadata: [{ key: 'ARROW:schema', value: arrowSchemaMetadata(columns) }],
  });

  let group: unknown[][] = columns.map(() => []);
  let rowCount = 0;
  let characterCount = 0;
  let sizeBytes = 0;
  const writeGroup = async () => {
    const columnData = columns.map(({ name }, index) => ({ name, data: group[index]!, columnIndex: true }));
    await parquet.write({ columnData, rowGroupSize: rowCount });
    sizeBytes = buffer.offset;
    group = columns.map(() => []);
    rowCount = 0;
    characterCount = 0;
  };

  return {
    async append(row) {
      for (const [index, { name, type }] of columns.entries()) {
        const value = row[name] ?? null;
        group[index]!.push(value === null ? null : physicalValue(value, type));
        if (typeof value === 'string') characterCount += value.length;
      }
      rowCount += 1;
      if (rowCount >= rowGroupRows || characterCount >= rowGroupCharacters) await writeGroup();
    },
    get sizeBytes() {
      return sizeBytes;
    },
    async finish() {
      if (rowCount > 0) await writeGroup();
      writePageIndexes(parquet);
      await parquet.finish();
    },
  };
}

function physicalValue(value: unknown, type: DatasetColumnType): unknown {
  if (type === 'timestamp[us, tz=-03:00]') return BigInt(value as number);
  if (type === 'timestamp[ns]') return BigInt(value as number) * 1000n;
  return value;
}
