import type { Queryable } from '../../../shared/database.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';

/** What the database knows of vectors. */
export interface VectorCapability {
  pgvector: string;
  /** Since 0.8: a filtered search goes on until it has its rows. */
  hasIterativeScan: boolean;
  /** Since 0.7: vectors of 16-bit numbers. */
  hasHalf: boolean;
  /** Length of the vectors in `news.content_embedding`. */
  dimensions: number;
}

export async function readCapability(db: Queryable): Promise<VectorCapability> {
  const { rows } = await db.query<VectorCapability>(
    `select extversion as pgvector, string_to_array(extversion, '.')::int[] >= array[0, 8] as "hasIterativeScan",
       to_regtype('halfvec') is not null as "hasHalf",
       (select atttypmod from pg_attribute where attrelid = 'news'::regclass and attname = 'content_embedding')
         as dimensions
     from pg_extension where extname = 'vector'`,
  );
  return rows[0]!;
}

/** How a graph is built: links of a vector, and candidates that are looked at to find them. More find better. */
export interface GraphOptions {
  m: number;
  efConstruction: number;
}

/** As the migrations make it. */
export const usualGraph: GraphOptions = { m: 16, efConstruction: 128 };

/** An HNSW index on vectors of articles. */
export interface VectorIndex extends GraphOptions {
  name: string;
  /** One whose making was cut off is not: no search uses it, and every write keeps it up. */
  isValid: boolean;
  isHalf: boolean;
  bytes: number;
}

/** Names that a rebuild uses beside the one that search knows. */
export const nextIndexName = `${vectorIndexName}_next`;
export const formerIndexName = `${vectorIndexName}_former`;

/** Every one on the table, whoever made it. */
export async function listVectorIndexes(db: Queryable): Promise<VectorIndex[]> {
  const { rows } = await db.query<VectorIndex>(
    `select relname as name, indisvalid as "isValid", opcname like 'halfvec%' as "isHalf",
       pg_relation_size(indexrelid) as bytes,
       coalesce((select option_value from pg_options_to_table(reloptions) where option_name = 'm'), '16')::int as m,
       coalesce((select option_value from pg_options_to_table(reloptions) where option_name = 'ef_construction'),
         '64')::int as "efConstruction"
     from pg_index
       join pg_class on pg_class.oid = indexrelid
       join pg_am on pg_am.oid = relam
       join pg_opclass on pg_opclass.oid = indclass[0]
     where indrelid = 'news'::regclass and amname = 'hnsw'
     order by relname`,
  );
  return rows;
}

/** The statement that makes an index as search asks for it. */
export function createIndexStatement(
  name: string,
  { hasHalf, dimensions }: Pick<VectorCapability, 'hasHalf' | 'dimensions'>,
  { m, efConstruction }: GraphOptions,
  isConcurrent: boolean,
): string {
  const indexed = hasHalf
    ? `(content_embedding::halfvec(${dimensions})) halfvec_cosine_ops`
    : 'content_embedding vector_cosine_ops';
  return `create index ${isConcurrent ? 'concurrently ' : ''}${name} on news using hnsw (${indexed})
    with (m = ${m}, ef_construction = ${efConstruction})`;
}
