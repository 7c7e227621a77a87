import type { Database } from '../../../shared/database.ts';
import { type ArticleFilter, matching } from '../../../shared/sql/article-filter.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import { nearestArticles, prepareNearest, type QueryVector } from '../../../shared/sql/nearest.ts';

export interface ProbeQuery {
  text?: string | undefined;
  vector: Float32Array;
}

/** What one search found, best first, and how long it took. */
export interface Timed {
  ids: string[];
  ms: number;
}

/** As many as the product asks for, to fuse them with those that the words find. */
const candidateCount = 200;
const recallDepth = 10;

/** The vector part of a search, as the product asks for it; or exactly, by the same statement without its index. */
export async function nearestIds(
  db: Database,
  query: QueryVector,
  options: { efSearch: number; filter?: ArticleFilter; isExact?: boolean },
): Promise<string[]> {
  const { rows } = await db.snapshot(async (tx) => {
    const index = await prepareNearest(tx, options);
    const { bind, values } = bindings();
    const matches = matching(options.filter ?? {}, bind);
    const nearest = nearestArticles(query, { matches, limit: candidateCount, index }, bind);
    await tx.query(
      options.isExact
        ? `select set_config('enable_indexscan', 'off', true), set_config('statement_timeout', '0', true)`
        : `select set_config('enable_seqscan', 'off', true)`,
    );
    return await tx.query<{ unique_id: string }>(
      `select unique_id from (${nearest}) as nearest order by distance, unique_id`,
      values,
    );
  });
  return rows.map(({ unique_id: uniqueId }) => uniqueId);
}

/** The ten nearest by the statement of pgvector's manual, under its default settings. */
export async function usualIds(db: Database, { model, vector }: QueryVector): Promise<string[]> {
  const text = typeof vector === 'string' ? vector : `[${vector.join(',')}]`;
  const { rows } = await db.query<{ unique_id: string }>(
    `select unique_id from news where embedding_model = $2 and removed_at is null
     order by content_embedding <=> $1 limit ${recallDepth}`,
    [text, model],
  );
  return rows.map(({ unique_id: uniqueId }) => uniqueId);
}

/** Share of the ten nearest that were found, over the queries that were searched exactly too. */
export function recall(found: readonly Timed[], exact: readonly Timed[]): number | null {
  let wanted = 0;
  let hits = 0;
  for (const [index, { ids }] of exact.entries()) {
    const best = new Set(found[index]!.ids.slice(0, recallDepth));
    for (const id of ids.slice(0, recallDepth)) {
      wanted++;
      if (best.has(id)) hits++;
    }
  }
  return wanted === 0 ? null : Math.round((hits / wanted) * 10_000) / 10_000;
}

/** The agency that has most articles: what a filter on it leaves is spread over all of the index. */
export async function largestAgency(db: Database, model: string): Promise<string[]> {
  const { rows } = await db.query<{ agency: string }>(
    `select agency_key as agency from news where embedding_model = $1 group by agency_key order by count(*) desc limit 1`,
    [model],
  );
  return rows.map(({ agency }) => agency);
}
