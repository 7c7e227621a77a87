import type { ColumnChunk, Encoding, RowGroup, Statistics } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { ParquetCodec } from './parquet.ts';
import type { EncodedChunk } from './parquet-column-chunk.ts';
import { compareValues, type DataPage, type LeafValue } from './parquet-page.ts';
import type { ParquetLeaf } from './parquet-schema.ts';

/** A data page that stands in the file. */
export interface WrittenPage {
  offset: number;
  /** With header and levels. */
  sizeBytes: number;
  rowCount: number;
  valueCount: number;
  nullCount: number;
  min: LeafValue | undefined;
  max: LeafValue | undefined;
}

/** A column chunk that stands in the file: its entry in the footer, and what its page index says. */
export interface WrittenChunk {
  leaf: ParquetLeaf;
  entry: ColumnChunk;
  pages: WrittenPage[];
}

export interface WrittenRowGroup {
  entry: RowGroup;
  chunks: WrittenChunk[];
}

/** Bytes that are gathered before they are handed on. */
const FLUSH_BYTES = 1024 * 1024;

/** Writes the columns of a row group one after the other, as their pages come out of the compressor. */
export async function writeRowGroup(
  writer: ByteWriter,
  input: { chunks: readonly EncodedChunk[]; rowCount: number; codec: ParquetCodec; flush(): Promise<void> },
): Promise<WrittenRowGroup> {
  const start = writer.offset;
  const chunks: WrittenChunk[] = [];
  for (const chunk of input.chunks) chunks.push(await writeChunk(writer, chunk, input));
  const entry: RowGroup = {
    columns: chunks.map(({ entry }) => entry),
    total_byte_size: chunks.reduce((sum, { entry }) => sum + entry.meta_data!.total_uncompressed_size, 0n),
    num_rows: BigInt(input.rowCount),
    total_compressed_size: BigInt(writer.offset - start),
  };
  return { entry, chunks };
}

async function writeChunk(
  writer: ByteWriter,
  { leaf, dictionary, pages }: EncodedChunk,
  { codec, flush }: { codec: ParquetCodec; flush(): Promise<void> },
): Promise<WrittenChunk> {
  const start = writer.offset;
  let savedBytes = 0;
  if (dictionary) {
    const body = await dictionary.body;
    writePageHeader(writer, {
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size: dictionary.bodyBytes,
      compressed_page_size: body.length,
      dictionary_page_header: { num_values: dictionary.valueCount, encoding: 'PLAIN' },
    });
    writer.appendBytes(body);
    savedBytes += dictionary.bodyBytes - body.length;
  }
  const dataStart = writer.offset;
  const encoding: Encoding = dictionary ? 'RLE_DICTIONARY' : 'PLAIN';
  const written: WrittenPage[] = [];
  for (const page of pages) {
    const offset = writer.offset;
    savedBytes += await writeDataPage(writer, page, encoding);
    const { rowCount, valueCount, nullCount, min, max } = page;
    written.push({ offset, sizeBytes: writer.offset - offset, rowCount, valueCount, nullCount, min, max });
    if (writer.index >= FLUSH_BYTES) await flush();
  }
  const compressedBytes = writer.offset - start;
  const entry: ColumnChunk = {
    file_offset: BigInt(start),
    meta_data: {
      type: leaf.element.type!,
      encodings: dictionary ? ['PLAIN', encoding] : [encoding],
      path_in_schema: leaf.path,
      codec: codec === 'zstd' ? 'ZSTD' : 'SNAPPY',
      num_values: BigInt(written.reduce((sum, { valueCount }) => sum + valueCount, 0)),
      total_compressed_size: BigInt(compressedBytes),
      total_uncompressed_size: BigInt(compressedBytes + savedBytes),
      data_page_offset: BigInt(dataStart),
      ...(dictionary ? { dictionary_page_offset: BigInt(start) } : {}),
      statistics: chunkStatistics(written),
      encoding_stats: [
        ...(dictionary ? [{ page_type: 'DICTIONARY_PAGE' as const, encoding: 'PLAIN' as const, count: 1 }] : []),
        { page_type: 'DATA_PAGE_V2', encoding, count: written.length },
      ],
    },
  };
  return { leaf, entry, pages: written };
}

/** Writes a page; levels are never compressed. Returns the bytes that compression saved. */
async function writeDataPage(writer: ByteWriter, page: DataPage, encoding: Encoding): Promise<number> {
  const body = await page.body;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: page.levels.length + page.bodyBytes,
    compressed_page_size: page.levels.length + body.length,
    data_page_header_v2: {
      num_values: page.valueCount,
      num_nulls: page.nullCount,
      num_rows: page.rowCount,
      encoding,
      repetition_levels_byte_length: page.repetitionBytes,
      definition_levels_byte_length: page.levels.length - page.repetitionBytes,
      is_compressed: true,
    },
  });
  writer.appendBytes(page.levels);
  writer.appendBytes(body);
  return page.bodyBytes - body.length;
}

function chunkStatistics(pages: readonly WrittenPage[]): Statistics {
  const nullCount = BigInt(pages.reduce((sum, { nullCount }) => sum + nullCount, 0));
  const lower = pages.map(({ min }) => min).filter((min) => min !== undefined);
  const upper = pages.map(({ max }) => max).filter((max) => max !== undefined);
  if (lower.length === 0) return { null_count: nullCount };
  return {
    min_value: lower.reduce((found, min) => (compareValues(min, found) < 0 ? min : found)),
    max_value: upper.reduce((found, max) => (compareValues(max, found) > 0 ? max : found)),
    null_count: nullCount,
  };
}
