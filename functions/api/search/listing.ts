import type { Queryable } from '../../../shared/database.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import type { Condition } from './ranking.ts';

/** An article in a listing by date. */
export interface Listed {
  uniqueId: string;
  /** Milliseconds since 1970, with microseconds behind the point: pages must not meet within one. */
  publishedAt: number;
}

/**
 * Articles, the newest first; of several with the same text, the newest. Costs the same at any depth.
 *
 * @param after where the page before ended.
 */
export async function listByDate(
  tx: Queryable,
  condition: Condition,
  after: Listed | undefined,
  limit: number,
): Promise<Listed[]> {
  const { bind, values } = bindings();
  const matches = condition(bind);
  const { rows } = await tx.query<Listed>(
    `select article.unique_id as "uniqueId", (extract(epoch from article.published_at) * 1000)::float8 as "publishedAt"
     from news as article
     where ${matches('article')} ${after ? `and ${isBehind(bind(after.publishedAt), bind(after.uniqueId))}` : ''}
       and not exists (
         select from news as twin
         where twin.content_hash = article.content_hash and ${matches('twin')} and (
           twin.published_at > article.published_at
           or (twin.published_at = article.published_at and twin.unique_id < article.unique_id)))
     order by article.published_at desc, article.unique_id
     limit ${bind(limit)}`,
    values,
  );
  return rows;
}

/** The first comparison alone, which an index can begin at, would take in the page before. */
function isBehind(publishedAt: string, uniqueId: string): string {
  const instant = `(timestamptz 'epoch' + round(${publishedAt}::numeric * 1000)::float8 * interval '1 microsecond')`;
  return `article.published_at <= ${instant}
    and (article.published_at < ${instant} or article.unique_id > ${uniqueId})`;
}
