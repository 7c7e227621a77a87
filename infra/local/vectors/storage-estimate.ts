import type { GraphOptions } from './vector-index.ts';

const pageBytes = 8192 - 40;
/** Postgres stores a vector beside its row, in chunks of this size, each with headers and an entry of an index. */
const chunkBytes = 1996;
const chunkOverheadBytes = 64;
/** Of a vector in the graph: headers, the address of its row, and the item pointers of its two tuples. */
const elementOverheadBytes = 88;
const linkBytes = 6;

/** What vectors take, in bytes. */
export interface StorageEstimate {
  table_bytes_per_vector: number;
  index_bytes_per_vector: number;
  /** All of `rows` vectors. */
  rows: number;
  bytes: number;
}

/** Estimated from the layouts of Postgres and pgvector: a vector of the index and its links fill whole shares of a page. */
export function estimateStorage(
  rows: number,
  { dimensions, isHalf, m }: { dimensions: number; isHalf: boolean } & Pick<GraphOptions, 'm'>,
): StorageEstimate {
  const stored = 4 * dimensions + 8;
  const table = stored + Math.ceil(stored / chunkBytes) * chunkOverheadBytes;
  // Twice the links on the lowest level, and one level more for a share of 1/m.
  const links = (2 * m + 1) * linkBytes;
  const element = (isHalf ? 2 : 4) * dimensions + elementOverheadBytes + links;
  const index = element > pageBytes ? pageBytes + 40 + links : Math.round(8192 / Math.floor(pageBytes / element));
  return {
    table_bytes_per_vector: table,
    index_bytes_per_vector: index,
    rows,
    bytes: rows * (table + index),
  };
}
