import { ByteWriter } from 'hyparquet-writer';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import type { PageCompressor } from './parquet-compressor.ts';
import type { ParquetLeaf } from './parquet-schema.ts';

/** A value as it stands in a page: the UTF-8 bytes of a text, or the integer of a timestamp. */
export type LeafValue = Buffer | bigint;

/** A data page that is complete, with its body on the way through the compressor. */
export interface DataPage {
  rowCount: number;
  valueCount: number;
  nullCount: number;
  /** Smallest and largest value in the order of the format; undefined when all are null. */
  min: LeafValue | undefined;
  max: LeafValue | undefined;
  levels: Uint8Array;
  repetitionBytes: number;
  /** Of the body before compression. */
  bodyBytes: number;
  body: Promise<Uint8Array>;
}

/** A data page while values come in: levels and bounds, and the values themselves unless a dictionary holds them. */
export interface OpenPage {
  /** Values in the plain encoding. */
  readonly plain: ByteWriter;
  /** Notes where a value stands; null for one that is missing at that level. */
  addLevels(definition: number, repetition: number): void;
  addPlain(value: LeafValue): void;
  /** Takes a value into the bounds. */
  addToBounds(value: LeafValue): void;
  /** Ends the page, with these bytes as its values. */
  close(body: ByteWriter, compress: PageCompressor['compress']): DataPage;
}

/** @param plain an empty buffer for its values. */
export function openPage({ maxDefinition, maxRepetition }: ParquetLeaf, plain = new ByteWriter()): OpenPage {
  const definitions: number[] = [];
  const repetitions: number[] = [];
  let rowCount = 0;
  let nullCount = 0;
  let min: LeafValue | undefined;
  let max: LeafValue | undefined;
  const addToBounds = (value: LeafValue) => {
    if (min === undefined || compareValues(value, min) < 0) min = ownCopy(value);
    if (max === undefined || compareValues(value, max) > 0) max = ownCopy(value);
  };
  return {
    plain,
    addLevels(definition, repetition) {
      if (repetition === 0) rowCount += 1;
      if (definition < maxDefinition) nullCount += 1;
      definitions.push(definition);
      if (maxRepetition > 0) repetitions.push(repetition);
    },
    addPlain(value) {
      addToBounds(value);
      if (typeof value === 'bigint') {
        plain.appendInt64(value);
      } else {
        plain.appendUint32(value.length);
        plain.appendBytes(value);
      }
    },
    addToBounds,
    close(body, compress) {
      const levels = new ByteWriter();
      const repetitionBytes =
        maxRepetition > 0 ? writeRleBitPackedHybrid(levels, repetitions, bitWidth(maxRepetition)) : 0;
      writeRleBitPackedHybrid(levels, definitions, bitWidth(maxDefinition));
      return {
        rowCount,
        valueCount: definitions.length,
        nullCount,
        min,
        max,
        levels: levels.getBytes(),
        repetitionBytes,
        bodyBytes: body.offset,
        body: compress(body),
      };
    },
  };
}

/** Bits that the integers up to this one take. */
export function bitWidth(largest: number): number {
  return largest === 0 ? 0 : 32 - Math.clz32(largest);
}

/** Compares as the format orders a column: bytes as unsigned, integers as signed. */
export function compareValues(left: LeafValue, right: LeafValue): number {
  if (typeof left !== 'bigint') return Buffer.compare(left, right as Buffer);
  return left < (right as bigint) ? -1 : left > (right as bigint) ? 1 : 0;
}

/** A bound outlives the batch that its value was read from. */
function ownCopy(value: LeafValue): LeafValue {
  return typeof value === 'bigint' ? value : Buffer.from(value);
}
