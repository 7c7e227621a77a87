import { zstdDecompressSync } from 'node:zlib';
import { type Schema, tableFromIPC } from 'apache-arrow';
import { type AsyncBuffer, parquetMetadata, parquetReadObjects } from 'hyparquet';

/** Timestamps as the integers that the file holds: a Date would round them to milliseconds. */
const exactParsers = {
  timestampFromMicroseconds: (microseconds: bigint) => microseconds,
  timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds,
};

/** Reads rows of a Parquet file with a reader that is not ours. */
export async function readParquet(
  bytes: Uint8Array,
  options: { columns?: string[]; rowStart?: number; rowEnd?: number; useOffsetIndex?: boolean } = {},
): Promise<Record<string, unknown>[]> {
  const copy = new Uint8Array(bytes).buffer;
  const file: AsyncBuffer = { byteLength: copy.byteLength, slice: (start, end) => copy.slice(start, end) };
  return await parquetReadObjects({
    ...options,
    file,
    compressors: { ZSTD: (page) => zstdDecompressSync(page) },
    parsers: exactParsers,
  });
}

export function readMetadata(bytes: Uint8Array) {
  return parquetMetadata(new Uint8Array(bytes).buffer);
}

/** The Arrow schema that a Parquet file carries, as Arrow itself reads it. */
export function readArrowSchema(bytes: Uint8Array): Schema {
  const entry = readMetadata(bytes).key_value_metadata?.find(({ key }) => key === 'ARROW:schema');
  return tableFromIPC(Buffer.from(entry?.value ?? '', 'base64')).schema;
}
