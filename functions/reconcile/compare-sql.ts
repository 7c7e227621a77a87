import type { Queryable } from '../../shared/database.ts';
import type { PendingArticle } from '../../shared/sql/pending.ts';
import type { DocumentVersion, PublicationSpan } from '../../shared/typesense-compare.ts';

/** The first and the last day (UTC) on which an article was published; null when there is none. */
export async function readPublishedDays(db: Queryable): Promise<{ first: string; last: string } | null> {
  const { rows } = await db.query<{ first: string | null; last: string | null }>(
    `select to_char(min(published_at) at time zone 'UTC', 'YYYY-MM-DD') as first,
       to_char(max(published_at) at time zone 'UTC', 'YYYY-MM-DD') as last from news`,
  );
  const { first, last } = rows[0]!;
  return first && last ? { first, last } : null;
}

/** How far the comparison with an index is: the next day, and how often it came to the end; null before the first. */
export async function readComparison(db: Queryable, index: string): Promise<{ nextDay: string; round: number } | null> {
  const { rows } = await db.query<{ nextDay: string; round: number }>(
    `select to_char(next_day, 'YYYY-MM-DD') as "nextDay", round from comparisons where search_index = $1`,
    [index],
  );
  return rows[0] ?? null;
}

export async function saveComparison(
  db: Queryable,
  index: string,
  state: { nextDay: string; round: number },
): Promise<void> {
  await db.query(
    `insert into comparisons (search_index, next_day, round) values ($1, $2, $3)
     on conflict (search_index) do update set next_day = excluded.next_day, round = excluded.round, updated_at = now()`,
    [index, state.nextDay, state.round],
  );
}

const inSpan = `published_at >= coalesce(to_timestamp($1::float8), '-infinity')
  and published_at < coalesce(to_timestamp($2::float8), 'infinity')`;
const bounds = ({ from, to }: PublicationSpan) => [from ?? null, to ?? null];

/** Articles that stand on their site, by day (days since 1970 in UTC). Read from an index alone. */
export async function countByDay(db: Queryable, span: PublicationSpan): Promise<Map<number, number>> {
  const { rows } = await db.query<{ day: number; count: number }>(
    `select (published_at at time zone 'UTC')::date - date '1970-01-01' as day, count(*) as count
     from news where removed_at is null and ${inSpan} group by 1`,
    bounds(span),
  );
  return new Map(rows.map(({ day, count }) => [day, count]));
}

/** What an index has to show of an article. */
export interface IndexedArticle {
  id: string;
  version: number;
  /** That the index shows; 0 when it was written to another one. */
  syncedVersion: number;
  isRemoved: boolean;
}

const columns = `unique_id as id, version, removed_at is not null as "isRemoved",
  case when synced_index = $3 then synced_version else 0 end as "syncedVersion"`;

/** Articles of a span, removed ones too. */
export async function listIndexed(db: Queryable, span: PublicationSpan, index: string): Promise<IndexedArticle[]> {
  const { rows } = await db.query<IndexedArticle>(`select ${columns} from news where ${inSpan}`, [
    ...bounds(span),
    index,
  ]);
  return rows;
}

/** Those of the ids that are articles. */
export async function findIndexed(db: Queryable, ids: readonly string[], index: string): Promise<IndexedArticle[]> {
  const { rows } = await db.query<IndexedArticle>(
    `select ${columns} from news where unique_id = any($1::text[]) and $2::text is null`,
    [ids, null, index],
  );
  return rows;
}

/**
 * Makes articles pending in `sync` whose documents are not what the rows say, and that nobody is writing; returns them.
 * A document version of 0 means that there is no document.
 */
export async function markUnsynced(
  tx: Queryable,
  found: readonly DocumentVersion[],
  index: string,
): Promise<PendingArticle[]> {
  const { rows } = await tx.query<PendingArticle>(
    `with wrong as (
       select unique_id as id from news
       join unnest($1::text[], $2::bigint[]) as found (found_id, shown) on unique_id = found_id
       where synced_index = $3 and synced_version > 0 and (sync_lease_until is null or sync_lease_until < now())
         and case when removed_at is null then shown < synced_version or shown > version
           else shown > 0 and synced_version = version end
       order by unique_id for no key update of news
     )
     update news set synced_version = 0 from wrong where unique_id = id
     returning unique_id, version`,
    [found.map(({ id }) => id), found.map(({ version }) => version), index],
  );
  return rows;
}
