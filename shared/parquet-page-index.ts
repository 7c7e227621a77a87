import type { SchemaElement } from 'hyparquet';
import type { ParquetWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { unconvertMinMax } from 'hyparquet-writer/src/unconvert.js';

type PageIndexes = ParquetWriter['pendingIndexes'][number];
type ColumnIndex = NonNullable<PageIndexes['columnIndex']>;
type OffsetIndex = NonNullable<PageIndexes['offsetIndex']>;

/**
 * Writes the page index of every column chunk, and takes that work away from the writer: call it right before `finish`.
 *
 * The writer alone leaves out chunks of a single page, which most are. But readers built on parquet-rs, the dataset
 * viewer among them, either refuse a file whose page index is incomplete or ignore the index as a whole.
 *
 * @see https://github.com/apache/parquet-format/blob/master/PageIndex.md
 */
export function writePageIndexes(parquet: ParquetWriter): void {
  const { writer, pendingIndexes } = parquet;
  const leaves = parquet.schema.filter(({ type }) => type);
  for (const [position, pending] of pendingIndexes.entries()) {
    const index = pending.columnIndex ?? singlePageColumnIndex(pending, leaves[position % leaves.length]!);
    const offset = writer.offset;
    serializeTCompactProtocol(writer, {
      field_1: index.null_pages,
      field_2: index.min_values,
      field_3: index.max_values,
      field_4: boundaryOrders.indexOf(index.boundary_order),
      field_5: index.null_counts,
    });
    pending.chunk.column_index_offset = BigInt(offset);
    pending.chunk.column_index_length = writer.offset - offset;
  }
  for (const pending of pendingIndexes) {
    const index = pending.offsetIndex ?? singlePageOffsetIndex(pending);
    const offset = writer.offset;
    serializeTCompactProtocol(writer, {
      field_1: index.page_locations.map((page) => ({
        field_1: page.offset,
        field_2: page.compressed_page_size,
        field_3: page.first_row_index,
      })),
    });
    pending.chunk.offset_index_offset = BigInt(offset);
    pending.chunk.offset_index_length = writer.offset - offset;
  }
  parquet.pendingIndexes = [];
}

const boundaryOrders = ['UNORDERED', 'ASCENDING', 'DESCENDING'];

function singlePageColumnIndex({ chunk }: PageIndexes, element: SchemaElement): ColumnIndex {
  const { statistics, num_values } = chunk.meta_data!;
  const nullCount = statistics?.null_count ?? 0n;
  return {
    null_pages: [nullCount === num_values],
    min_values: [unconvertMinMax(statistics?.min_value, element, false) ?? new Uint8Array()],
    max_values: [unconvertMinMax(statistics?.max_value, element, true) ?? new Uint8Array()],
    boundary_order: 'ASCENDING',
    null_counts: [nullCount],
  };
}

function singlePageOffsetIndex({ chunk }: PageIndexes): OffsetIndex {
  const { data_page_offset, total_compressed_size } = chunk.meta_data!;
  // A dictionary page, if there is one, stands before the data page and counts in the size of the chunk.
  const pageSize = total_compressed_size - (data_page_offset - chunk.file_offset);
  return {
    page_locations: [{ offset: data_page_offset, compressed_page_size: Number(pageSize), first_row_index: 0n }],
  };
}
