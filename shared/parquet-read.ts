import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { coalesceReads } from './coalescing-access.ts';
import type { RandomAccess } from './dataset-source.ts';

/** Most footers fit: what is read of a file before anything else. */
const footerBytes = 64 * 1024;

/** Timestamps as whole microseconds, whatever their unit. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => Number(value) * 1000,
  timestampFromMicroseconds: Number,
  // Towards the past, as the dates before 1970 need it.
  timestampFromNanoseconds: (value: bigint) => Number((value - (((value % 1000n) + 1000n) % 1000n)) / 1000n),
};

const compressors = {
  ZSTD: (page: Uint8Array) => zstdDecompressSync(page),
  GZIP: (page: Uint8Array) => gunzipSync(page),
  BROTLI: (page: Uint8Array) => brotliDecompressSync(page),
};

/** How values are read, whoever wrote the file: all codecs of its pages, timestamps as whole microseconds. */
export const parquetValues = { compressors, parsers };

/** Reads the footer of a Parquet file: where all columns of all row groups stand, and between which values they lie. */
export function readFooter(access: RandomAccess, sizeBytes: number): Promise<FileMetaData> {
  return parquetMetadataAsync(toBuffer(access, sizeBytes), { parsers, initialFetchSize: footerBytes });
}

/** Row groups up to this size are read whole, in one request, also for a single row. */
const wholeGroupBytes = 1024 * 1024;

/** Reads some columns of the rows from `rowStart` to before `rowEnd`; of part of a large row group, only its pages. */
export function readColumns(
  file: { access: RandomAccess; sizeBytes: number; metadata: FileMetaData },
  wanted: { columns: string[]; rowStart: number; rowEnd: number },
): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    ...wanted,
    file: toBuffer(coalesceReads(file.access), file.sizeBytes),
    metadata: file.metadata,
    useOffsetIndex: isLarge(file.metadata, wanted),
    ...parquetValues,
  });
}

function isLarge({ row_groups }: FileMetaData, { rowStart, rowEnd }: { rowStart: number; rowEnd: number }): boolean {
  let firstRow = 0;
  return row_groups.some(({ columns, num_rows }) => {
    const start = firstRow;
    firstRow += Number(num_rows);
    if (start >= rowEnd || firstRow <= rowStart) return false;
    const sizeBytes = columns.reduce((sum, { meta_data: meta }) => sum + Number(meta?.total_compressed_size ?? 0), 0);
    return sizeBytes > wholeGroupBytes;
  });
}

function toBuffer(access: RandomAccess, sizeBytes: number): AsyncBuffer {
  return { byteLength: sizeBytes, slice: (start, end = sizeBytes) => access.slice(start, end) };
}
