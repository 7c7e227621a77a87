import type { Queryable } from '../database.ts';
import { ConfigError } from '../errors.ts';

/** How long the vectors of `news.content_embedding` are; undefined where there is no such column. */
async function readStoredDimensions(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.query<{ dimensions: number | undefined }>(
    `select atttypmod as dimensions from pg_attribute
     where attrelid = 'news'::regclass and attname = 'content_embedding' and not attisdropped`,
  );
  return rows[0]?.dimensions;
}

/**
 * Refuses a database of other vectors. One without the column is not judged: its statements say what is amiss.
 *
 * @throws {ConfigError} when vectors of this length cannot be stored; the text says what to run.
 */
export async function checkStoredDimensions(db: Queryable, dimensions: number): Promise<void> {
  const stored = await readStoredDimensions(db);
  if (stored === undefined || stored === dimensions) return;
  throw new ConfigError(
    `EMBEDDING_DIMENSIONS is ${dimensions}, but the database stores vectors of ${stored}: ` +
      `"destaques vectors resize --dimensions ${dimensions}" says what it costs to change that`,
  );
}

/** Vectors by the name of their model. Read from an index alone. */
export async function countVectorsByModel(db: Queryable): Promise<Map<string, number>> {
  const { rows } = await db.query<{ model: string; count: number }>(
    `select embedding_model as model, count(*)::int as count from news
     where embedding_model is not null group by embedding_model`,
  );
  return new Map(rows.map(({ model, count }) => [model, count]));
}

/** Whether any article has a vector of the model, or there is no article. Read from indexes. */
export async function hasVectorsOf(db: Queryable, model: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    `select exists (select from news where embedding_model = $1)
       or (select unique_id from news order by unique_id limit 1) is null as found`,
    [model],
  );
  return rows[0]!.found;
}
