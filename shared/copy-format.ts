/** Rows in the binary format of COPY, read where they lie. */
export interface CopyRows {
  rowCount: number;
  /** The fields of a row: views of the bytes, null for null. */
  row(index: number): (Buffer | null)[];
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const TRAILER = -1;
const POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000n;
const INFINITY = 2n ** 63n - 1n;

/**
 * Finds the rows of a whole COPY, which comes in blocks of whole rows.
 *
 * @throws {RangeError} when the bytes are cut short or are no binary COPY.
 * @see https://www.postgresql.org/docs/17/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */
export function readCopy(blocks: readonly Buffer[]): CopyRows {
  const [first = Buffer.alloc(0)] = blocks;
  if (!first.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new RangeError('The bytes are no binary COPY');
  const headerBytes = SIGNATURE.length + 8 + first.readInt32BE(SIGNATURE.length + 4);
  const rows: { block: Buffer; offset: number }[] = [];
  for (const block of blocks) {
    let offset = block === first ? headerBytes : 0;
    while (offset < block.length) {
      const fieldCount = block.readInt16BE(offset);
      if (fieldCount === TRAILER) return { rowCount: rows.length, row: (index) => readFields(rows[index]!) };
      rows.push({ block, offset });
      offset += 2;
      for (let field = 0; field < fieldCount; field++) offset += 4 + Math.max(0, block.readInt32BE(offset));
    }
  }
  throw new RangeError(`The COPY ends after ${rows.length} rows without its trailer`);
}

function readFields({ block, offset }: { block: Buffer; offset: number }): (Buffer | null)[] {
  const fields = new Array<Buffer | null>(block.readInt16BE(offset));
  let at = offset + 2;
  for (let field = 0; field < fields.length; field++) {
    const length = block.readInt32BE(at);
    at += 4;
    fields[field] = length < 0 ? null : block.subarray(at, at + length);
    at += Math.max(0, length);
  }
  return fields;
}

/**
 * A timestamptz in microseconds since 1970.
 *
 * @throws {RangeError} when it is infinite.
 */
export function readTimestamp(field: Buffer): bigint {
  const microseconds = field.readBigInt64BE();
  if (microseconds === INFINITY || microseconds === -INFINITY - 1n) throw new RangeError('A timestamp is infinite');
  return microseconds + POSTGRES_EPOCH_MICROSECONDS;
}

/** The elements of a text[] of one dimension, as views of its bytes. */
export function readTextArray(field: Buffer): (Buffer | null)[] {
  // Dimensions, whether there are nulls, type of the elements; then count and lower bound of each dimension.
  if (field.readInt32BE(0) === 0) return [];
  const elements = new Array<Buffer | null>(field.readInt32BE(12));
  let at = 20;
  for (let index = 0; index < elements.length; index++) {
    const length = field.readInt32BE(at);
    at += 4;
    elements[index] = length < 0 ? null : field.subarray(at, at + length);
    at += Math.max(0, length);
  }
  return elements;
}
