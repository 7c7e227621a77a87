import { ByteWriter } from 'hyparquet-writer';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { type PageCompressor, takeBuffer } from './parquet-compressor.ts';
import { createDictionary, type Dictionary } from './parquet-dictionary.ts';
import { bitWidth, type DataPage, type LeafValue, openPage } from './parquet-page.ts';
import type { ParquetLeaf } from './parquet-schema.ts';

/** A column of a row group, complete, its pages on the way through the compressor. */
export interface EncodedChunk {
  leaf: ParquetLeaf;
  /** The page of distinct values that the data page refers to. */
  dictionary: { valueCount: number; bodyBytes: number; body: Promise<Uint8Array> } | null;
  pages: DataPage[];
}

/** A column of a row group while values come in. */
export interface ChunkEncoder {
  /** Adds a value at its levels; null where there is none at that definition level. */
  append(value: LeafValue | null, definition: number, repetition: number): void;
  finish(): EncodedChunk;
}

export interface ChunkOptions {
  /** Bytes of values from which a page is closed, at the end of its row. */
  pageBytes: number;
  compress: PageCompressor['compress'];
}

/**
 * Encodes a column: texts that repeat by dictionary in one page, others plainly in pages that go to the compressor as
 * soon as they are full. The bytes depend on the values and their order alone.
 */
export function createChunkEncoder(leaf: ParquetLeaf, { pageBytes, compress }: ChunkOptions): ChunkEncoder {
  const pages: DataPage[] = [];
  let page = openPage(leaf);
  let dictionary = leaf.element.type === 'BYTE_ARRAY' ? createDictionary() : undefined;

  const dropDictionary = ({ indexes, values }: Dictionary) => {
    for (const index of indexes) page.addPlain(values[index]!);
    dictionary = undefined;
  };

  return {
    append(value, definition, repetition) {
      if (repetition === 0 && page.plain.offset >= pageBytes) {
        pages.push(page.close(page.plain, compress));
        page = openPage(leaf, takeBuffer());
      }
      page.addLevels(definition, repetition);
      if (value === null) return;
      if (dictionary) {
        if (dictionary.add(value as Buffer)) return;
        dropDictionary(dictionary);
      }
      page.addPlain(value);
    },
    finish() {
      if (dictionary && !dictionary.isWorthwhile()) dropDictionary(dictionary);
      if (!dictionary) {
        pages.push(page.close(page.plain, compress));
        return { leaf, dictionary: null, pages };
      }
      const { values, indexes } = dictionary;
      const distinct = new ByteWriter();
      for (const value of values) {
        page.addToBounds(value);
        distinct.appendUint32(value.length);
        distinct.appendBytes(value);
      }
      pages.push(page.close(encodeIndexes(indexes, values.length), compress));
      return {
        leaf,
        dictionary: { valueCount: values.length, bodyBytes: distinct.offset, body: compress(distinct) },
        pages,
      };
    },
  };
}

function encodeIndexes(indexes: readonly number[], distinctCount: number): ByteWriter {
  const width = bitWidth(distinctCount - 1);
  const writer = new ByteWriter();
  writer.appendUint8(width);
  writeRleBitPackedHybrid(writer, indexes as number[], width);
  return writer;
}
