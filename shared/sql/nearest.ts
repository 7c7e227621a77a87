import type { Queryable } from '../database.ts';
import type { Bind } from './bindings.ts';

/** What is near is asked by a vector of one model: those of different models cannot be compared. */
export interface QueryVector {
  model: string;
  /** Its numbers, or its text form, as the driver reads a vector from a row. */
  vector: Float32Array | string;
}

/** How this database compares vectors now. */
export interface NearestIndex {
  /** Length of the stored vectors. */
  dimensions: number;
  /** The index holds numbers of 16 bits: half the size, and the order among the nearest is put right by the stored ones. */
  isHalf: boolean;
}

/** Vectors that a scan of the index keeps in view, unless told: see the figures of `npm run bench -- search`. */
export const defaultEfSearch = 200;
/** Vectors that a scan looks at before it gives up filling the page from behind a filter. */
const maxScanTuples = 40_000;

/** Name of the index on vectors; `vectors rebuild` replaces what stands under it. */
export const vectorIndexName = 'news_content_embedding_idx';

/**
 * Sets up nearest-neighbour search for this transaction, and finds out how it is asked here: pgvector has 16-bit
 * vectors since 0.7, and since 0.8 an iterative scan, without which a filter sees only the rows that the index gives
 * first and may leave few of them.
 *
 * @param tx a transaction: settings that are local to it are set.
 * @param options.efSearch vectors that a scan keeps in view, 1 to 1000: more find better, and take longer.
 */
export async function prepareNearest(
  tx: Queryable,
  options: { efSearch?: number | undefined } = {},
): Promise<NearestIndex> {
  const { rows } = await tx.query<NearestIndex>(
    `select set_config('hnsw.ef_search', $1, true),
       case when string_to_array(extversion, '.')::int[] >= array[0, 8] then
         set_config('hnsw.iterative_scan', 'relaxed_order', true) || set_config('hnsw.max_scan_tuples', $2, true) end,
       (select atttypmod from pg_attribute where attrelid = 'news'::regclass and attname = 'content_embedding')
         as dimensions,
       exists (select from pg_index join pg_opclass on pg_opclass.oid = indclass[0]
         where indexrelid = to_regclass($3) and opcname = 'halfvec_cosine_ops') as "isHalf"
     from pg_extension where extname = 'vector'`,
    [String(options.efSearch ?? defaultEfSearch), String(maxScanTuples), vectorIndexName],
  );
  return rows[0]!;
}

/**
 * A select of the articles nearest to a vector, `unique_id` and cosine `distance`, in no order: an iterative scan gives
 * its rows nearly sorted, and the distance is that of the stored vectors, whatever the index holds. A vector of another
 * length than the stored ones has none near it.
 *
 * @param matches the condition of a filter on the row.
 */
export function nearestArticles(
  query: QueryVector,
  { matches, limit, index }: { matches: (row: string) => string; limit: number; index: NearestIndex },
  bind: Bind,
): string {
  const { vector } = query;
  if (typeof vector !== 'string' && vector.length !== index.dimensions) {
    return `select unique_id, 0::float8 as distance from news where false and ${matches('news')}`;
  }
  const given = `${bind(typeof vector === 'string' ? vector : `[${vector.join(',')}]`)}::vector`;
  const half = `halfvec(${index.dimensions})`;
  const order = index.isHalf ? `content_embedding::${half} <=> ${given}::${half}` : `content_embedding <=> ${given}`;
  // "+ 0" keeps the planner from taking the distance for the order of the scan.
  return `select unique_id, (content_embedding <=> ${given}) + 0 as distance from news
    where embedding_model = ${bind(query.model)} and content_embedding is not null and ${matches('news')}
    order by ${order}
    limit ${limit}`;
}
