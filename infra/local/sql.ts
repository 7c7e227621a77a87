import type { Queryable } from '../../shared/database.ts';
import { pending, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import { type PendingArticle, type PendingFilter, windowConditions } from '../../shared/sql/pending.ts';
import type { DateWindow } from '../../shared/window.ts';

/** How many articles have been through each stage, and what was not. */
export interface StageCounts {
  articles: number;
  enriched: number;
  embedded: number;
  synced: number;
  /** Open rows of the quarantine. */
  deadLetters: number;
  /** Sum of all versions: what grows when anything that a view shows does. */
  versions: number;
}

export async function countStages(db: Queryable, targets: StageTargets): Promise<StageCounts> {
  const { bind, values } = bindings();
  const { rows } = await db.query<StageCounts>(
    `select count(*) as articles,
       count(*) filter (where not ${pending('enrich', targets, bind)}) as enriched,
       count(*) filter (where not ${pending('embed', targets, bind)}) as embedded,
       count(*) filter (where not ${pending('sync', targets, bind)}) as synced,
       (select count(*) from quarantine where closed_at is null) as "deadLetters",
       coalesce(sum(version), 0)::bigint as versions
     from news where removed_at is null`,
    values,
  );
  return rows[0]!;
}

/** Which articles are to be embedded again. */
export type EmbeddingWindow = Pick<PendingFilter, 'startDate' | 'endDate' | 'agencies'>;

/** Articles of a window that stand on their site, whether they have a vector or not. */
export async function countWindow(db: Queryable, window: EmbeddingWindow): Promise<number> {
  const { bind, values } = bindings();
  const where = ['removed_at is null', ...windowConditions(window, bind)];
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from news where ${where.join(' and ')}`,
    values,
  );
  return rows[0]!.count;
}

/** Makes the next articles of a window pending in `embed`, in the order of their unique_id. Their vectors stay. */
export async function forceEmbeddings(
  db: Queryable,
  { after, limit, ...window }: EmbeddingWindow & { after: string; limit: number },
): Promise<PendingArticle[]> {
  const { bind, values } = bindings();
  const where = [`unique_id > ${bind(after)}`, 'removed_at is null', ...windowConditions(window, bind)];
  const { rows } = await db.query<PendingArticle>(
    `with page as (
       select unique_id as id from news where ${where.join(' and ')}
       order by unique_id limit ${bind(limit)} for no key update
     ), forced as (
       update news set embedded_text_hash = null from page where unique_id = id returning unique_id, version
     )
     select unique_id, version from forced order by unique_id`,
    values,
  );
  return rows;
}

/** Time from scraped to searchable of the articles that were scraped since `since`, in milliseconds. */
export async function measureLatency(db: Queryable, since: Date): Promise<{ p50: number | null; p95: number | null }> {
  const { rows } = await db.query<{ p50: number | null; p95: number | null }>(
    `select round(percentile_cont(0.5) within group (order by ms))::float8 as p50,
       round(percentile_cont(0.95) within group (order by ms))::float8 as p95
     from (
       select extract(epoch from synced_at - extracted_at)::float8 * 1000 as ms
       from news where extracted_at >= $1 and synced_version = version
     ) as latency`,
    [since],
  );
  return rows[0]!;
}

/** Sources whose last run since then has failed. */
export async function countFailedSources(db: Queryable, since: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) from (
       select distinct on (agency_key, source_url) status from scrape_runs
       where started_at >= $1 order by agency_key, source_url, started_at desc
     ) as last_runs where status = 'failed'`,
    [since],
  );
  return rows[0]!.count;
}

export interface OpenFailure {
  stage: string;
  subject: string;
  error: string;
}

export async function listOpenFailures(db: Queryable, limit: number): Promise<OpenFailure[]> {
  const { rows } = await db.query<OpenFailure>(
    'select stage, subject, error from quarantine where closed_at is null order by last_failed_at desc limit $1',
    [limit],
  );
  return rows;
}

export async function listAgencies(db: Queryable): Promise<{ key: string; name: string; sourceCount: number }[]> {
  const { rows } = await db.query<{ key: string; name: string; sourceCount: number }>(
    `select key, name, (select count(*) from sources where agency_key = key and is_active) as "sourceCount"
     from agencies order by key`,
  );
  return rows;
}

/** Ends all leases, where nobody who could hold one is alive. */
export async function endLeases(db: Queryable): Promise<void> {
  await db.query('update sources set lease_token = null, lease_until = null where lease_until is not null');
  await db.query(`update host_slots set lease_token = null, lease_until = '-infinity' where lease_token is not null`);
  await db.query('update news set sync_lease_token = null, sync_lease_until = null where sync_lease_until is not null');
  await db.query('update replays set lease_token = null, lease_until = null where lease_until is not null');
}

/** Makes articles pending in `sync`, in the order of their ids; returns the last id of a full page, to go on behind it. */
export async function markUnsynced(
  db: Queryable,
  page: Partial<DateWindow> & { agencies?: readonly string[]; after: string; limit: number },
): Promise<string | undefined> {
  const { bind, values } = bindings();
  const where = [`unique_id > ${bind(page.after)}`, 'synced_version > 0'];
  if (page.startDate)
    where.push(`published_at >= (${bind(page.startDate)}::date)::timestamp at time zone 'America/Sao_Paulo'`);
  if (page.endDate)
    where.push(`published_at < (${bind(page.endDate)}::date + 1)::timestamp at time zone 'America/Sao_Paulo'`);
  if (page.agencies) where.push(`agency_key = any(${bind(page.agencies)}::text[])`);
  const { rows } = await db.query<{ last: string | null; count: number }>(
    `with chosen as (
       select unique_id as id from news where ${where.join(' and ')}
       order by unique_id limit ${bind(page.limit)} for no key update
     ), marked as (
       update news set synced_version = 0 from chosen where unique_id = id returning id
     )
     select max(id collate "C") as last, count(*) as count from marked`,
    values,
  );
  const { last, count } = rows[0]!;
  return count === page.limit && last !== null ? last : undefined;
}
