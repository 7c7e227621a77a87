import type { ByteWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { unconvertMinMax } from 'hyparquet-writer/src/unconvert.js';
import { compareValues, type LeafValue } from './parquet-page.ts';
import type { WrittenChunk, WrittenPage } from './parquet-row-group.ts';

/**
 * Writes the page index of every column chunk, and notes in its entry where that stands: call it right before the
 * footer. No chunk is left out, though most are a single page: readers built on parquet-rs, the dataset viewer among
 * them, either refuse a file whose page index is incomplete or ignore the index as a whole.
 *
 * @see https://github.com/apache/parquet-format/blob/master/PageIndex.md
 */
export function writePageIndexes(writer: ByteWriter, chunks: readonly WrittenChunk[]): void {
  for (const { leaf, entry, pages } of chunks) {
    const offset = writer.offset;
    serializeTCompactProtocol(writer, {
      field_1: pages.map(({ min }) => min === undefined),
      field_2: pages.map(({ min }) => bound(min, leaf.element, false)),
      field_3: pages.map(({ max }) => bound(max, leaf.element, true)),
      field_4: boundaryOrder(pages),
      field_5: pages.map(({ nullCount }) => BigInt(nullCount)),
    });
    entry.column_index_offset = BigInt(offset);
    entry.column_index_length = writer.offset - offset;
  }
  for (const { entry, pages } of chunks) {
    const offset = writer.offset;
    let firstRow = 0;
    const locations = pages.map((page) => {
      const location = { field_1: BigInt(page.offset), field_2: page.sizeBytes, field_3: BigInt(firstRow) };
      firstRow += page.rowCount;
      return location;
    });
    serializeTCompactProtocol(writer, { field_1: locations });
    entry.offset_index_offset = BigInt(offset);
    entry.offset_index_length = writer.offset - offset;
  }
}

/** Long texts are cut, the upper one rounded up; of a page of nulls it is empty. */
function bound(value: LeafValue | undefined, element: WrittenChunk['leaf']['element'], isMax: boolean): Uint8Array {
  if (value === undefined) return new Uint8Array();
  // A text that cannot be rounded up stays whole.
  return unconvertMinMax(value, element, isMax) ?? (value as Buffer);
}

const UNORDERED = 0;
const ASCENDING = 1;
const DESCENDING = 2;

function boundaryOrder(pages: readonly WrittenPage[]): number {
  const bounds = pages.flatMap(({ min, max }) => (min === undefined || max === undefined ? [] : [{ min, max }]));
  const isOrdered = (sign: 1 | -1) =>
    bounds.every(({ min, max }, index) => {
      const before = bounds[index - 1];
      return !before || (compareValues(before.min, min) * sign <= 0 && compareValues(before.max, max) * sign <= 0);
    });
  if (isOrdered(1)) return ASCENDING;
  return isOrdered(-1) ? DESCENDING : UNORDERED;
}
