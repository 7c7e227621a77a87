import type { Queryable } from '../../../shared/database.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import type { Condition } from './conditions.ts';
import type { Position } from './contract.ts';

/** An article in a listing by date: pages must not meet within a millisecond. */
export type Listed = Required<Pick<Position, 'uniqueId' | 'publishedAt' | 'microseconds'>>;

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
    `select article.unique_id as "uniqueId", floor(extract(epoch from article.published_at) * 1000)::float8 as "publishedAt",
       extract(microseconds from article.published_at)::int % 1000 as microseconds
     from news as article
     where ${matches('article')} ${after ? `and ${isBehind(bind(instantOf(after)), bind(after.uniqueId))}` : ''}
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
function isBehind(instant: string, uniqueId: string): string {
  return `article.published_at <= ${instant}::timestamptz
    and (article.published_at < ${instant}::timestamptz or article.unique_id > ${uniqueId})`;
}

/** As text: a number of microseconds is more than a double holds. */
function instantOf({ publishedAt, microseconds }: Listed): string {
  return new Date(publishedAt).toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}
