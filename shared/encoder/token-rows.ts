/** Rows of token ids, one behind the other in one buffer, which changes hands between threads without a copy. */
export interface PackedRows {
  ids: Int32Array<ArrayBuffer>;
  /** Token count of each row. */
  lengths: number[];
}

/** Rows as a model reads them: `[lengths.length, longest]`, each filled up to the longest. */
export interface PaddedRows {
  ids: BigInt64Array<ArrayBuffer>;
  /** Token count of each row, without the padding. */
  lengths: number[];
}

export function packRows(rows: readonly (readonly number[])[]): PackedRows {
  const lengths = rows.map(({ length }) => length);
  const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  for (const row of rows) {
    ids.set(row, start);
    start += row.length;
  }
  return { ids, lengths };
}

/** The rows of a packing, as views of its buffer. */
export function unpackRows({ ids, lengths }: PackedRows): Int32Array[] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return ids.subarray(end - length, end);
  });
}

export function padRows(rows: readonly Int32Array[], padId: number): PaddedRows {
  const lengths = rows.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const ids = new BigInt64Array(rows.length * longest).fill(BigInt(padId));
  for (const [index, row] of rows.entries()) {
    for (let column = 0; column < row.length; column++) ids[index * longest + column] = BigInt(row[column]!);
  }
  return { ids, lengths };
}
