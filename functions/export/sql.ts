import type { Queryable } from '../../shared/database.ts';
import type { DatasetRow } from '../../shared/dataset-schema.ts';

/** What the table holds of one period now: the digest is the hex MD5 over `<unique_id> <version>\n` of its rows. */
export interface PeriodState {
  period: string;
  rowCount: number;
  digest: string;
}

/**
 * States all periods, oldest first: months before `firstDay`, days from it on, by the date in −03:00.
 * Reads the export index alone.
 *
 * @param firstDay first day of the current month, as an instant.
 */
export async function listPeriods(tx: Queryable, firstDay: Date): Promise<PeriodState[]> {
  // An interval, because a zone written as text, '-03:00', means the opposite in Postgres.
  const { rows } = await tx.query<PeriodState>(
    `select period, count(*) as "rowCount",
       md5(string_agg(unique_id || ' ' || version || E'\\n', '' order by published_at, unique_id)) as digest
     from (
       select unique_id, version, published_at,
         to_char(published_at at time zone interval '-03:00',
           case when published_at < $1 then 'YYYY-MM' else 'YYYY-MM-DD' end) as period
       from news where removed_at is null
     ) as article
     group by period order by min(published_at)`,
    [firstDay.toISOString()],
  );
  return rows;
}

/** Whether the table has ever held an article: removed ones count. */
export async function hasArticles(tx: Queryable): Promise<boolean> {
  const { rowCount } = await tx.query('select from news limit 1');
  return rowCount > 0;
}

/** What the dataset covers: the first and the last day, as `YYYY-MM-DD` in −03:00, and how many agencies. */
export interface Coverage {
  firstDay: string | null;
  lastDay: string | null;
  agencyCount: number;
}

/** States what is published now, from indexes alone. */
export async function readCoverage(tx: Queryable): Promise<Coverage> {
  const day = (end: 'min' | 'max') =>
    `(select to_char(${end}(published_at) at time zone interval '-03:00', 'YYYY-MM-DD')
      from news where removed_at is null)`;
  const { rows } = await tx.query<Coverage>(
    `select ${day('min')} as "firstDay", ${day('max')} as "lastDay",
       (select count(*) from agencies
        where exists (select from news where agency_key = agencies.key and removed_at is null)) as "agencyCount"`,
  );
  return rows[0]!;
}

/** A row of the dataset and its version, which the ledger's digest covers. */
export type ExportRow = DatasetRow & { unique_id: string; published_at: number; version: number };

/** Where to read on: after this row, in the order of a shard, and before the end of its period. */
export interface ExportCursor {
  publishedAt: number;
  uniqueId: string;
}

/**
 * Reads the next rows of a period in the order of a shard, which is that of every database, whatever its collation.
 * Ends the batch early when its texts exceed `maxTextBytes`; empty at the end of the period.
 */
export async function listExportRows(
  tx: Queryable,
  cursor: ExportCursor,
  end: Date,
  limit: { rowCount: number; maxTextBytes: number },
): Promise<ExportRow[]> {
  // The inner query carries texts by reference; only rows that stay within the bound have theirs read.
  const { rows } = await tx.query<ExportRow>(
    `select news.unique_id, news.version, news.agency_key as agency,
       ${epochMicroseconds('news.published_at')} as published_at,
       ${epochMicroseconds('news.updated_datetime')} as updated_datetime,
       ${epochMicroseconds('news.extracted_at')} as extracted_at,
       news.title, news.subtitle, news.editorial_lead, news.url, news.content, news.image_url as image,
       news.video_url, news.category, news.tags,
       theme_1.label as theme_1_level_1,
       theme_1.code as theme_1_level_1_code, theme_1.label as theme_1_level_1_label,
       theme_2.code as theme_1_level_2_code, theme_2.label as theme_1_level_2_label,
       theme_3.code as theme_1_level_3_code, theme_3.label as theme_1_level_3_label,
       most_specific.code as most_specific_theme_code, most_specific.label as most_specific_theme_label,
       news.summary
     from (
       select unique_id, version, agency_key, published_at, updated_datetime, extracted_at, title, subtitle,
         editorial_lead, url, content, image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id,
         most_specific_theme_id, summary,
         row_number() over shard_order as position,
         sum(coalesce(octet_length(content), 0) + coalesce(octet_length(summary), 0)) over shard_order as text_bytes
       from news
       where removed_at is null and published_at < $3
         and (published_at, unique_id) > (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2)
       window shard_order as (order by published_at, unique_id rows unbounded preceding)
       order by published_at, unique_id
       limit $4
     ) as news
     left join themes as theme_1 on theme_1.id = news.theme_l1_id
     left join themes as theme_2 on theme_2.id = news.theme_l2_id
     left join themes as theme_3 on theme_3.id = news.theme_l3_id
     left join themes as most_specific on most_specific.id = news.most_specific_theme_id
     where news.position = 1 or news.text_bytes <= $5
     order by news.position`,
    [cursor.publishedAt, cursor.uniqueId, end.toISOString(), limit.rowCount, limit.maxTextBytes],
  );
  return rows;
}

function epochMicroseconds(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint`;
}

/** A shard as the ledger knows it. A period of several parts repeats its digest in each. */
export interface LedgerShard {
  path: string;
  period: string;
  rowCount: number;
  digest: string;
  sha256: string;
  sizeBytes: number;
  commit: string;
}

/** Names one dataset in the ledger. */
export interface DatasetRef {
  repo: string;
  branch: string;
}

/** All shards of a dataset that the ledger knows, in no order. */
export async function listLedgerShards(tx: Queryable, { repo, branch }: DatasetRef): Promise<LedgerShard[]> {
  const { rows } = await tx.query<LedgerShard>(
    `select path, period, row_count as "rowCount", digest, sha256, size as "sizeBytes", commit
     from hub_shards where repo = $1 and branch = $2`,
    [repo, branch],
  );
  return rows;
}

/** Waits until no other writer of this dataset's ledger is at work, and holds them off until the transaction ends. */
export async function lockLedger(tx: Queryable, { repo, branch }: DatasetRef): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('hub_shards ' || $1 || ' ' || $2, 0))`, [repo, branch]);
}

/** Notes shards as published now, in place of what stood under their paths. */
export async function upsertLedgerShards(
  tx: Queryable,
  { repo, branch }: DatasetRef,
  shards: readonly LedgerShard[],
): Promise<void> {
  await tx.query(
    `insert into hub_shards (repo, branch, path, period, row_count, digest, sha256, size, commit)
     select $1, $2, shard.path, shard.period, shard."rowCount", shard.digest, shard.sha256, shard."sizeBytes",
       shard.commit
     from jsonb_to_recordset($3::jsonb) as shard (
       path text, period text, "rowCount" integer, digest text, sha256 text, "sizeBytes" bigint, commit text)
     on conflict (repo, branch, path) do update set
       period = excluded.period, row_count = excluded.row_count, digest = excluded.digest, sha256 = excluded.sha256,
       size = excluded.size, commit = excluded.commit, exported_at = now()`,
    [repo, branch, JSON.stringify(shards)],
  );
}

/** Forgets shards that are no longer in the dataset. */
export async function deleteLedgerShards(
  tx: Queryable,
  { repo, branch }: DatasetRef,
  paths: readonly string[],
): Promise<void> {
  await tx.query('delete from hub_shards where repo = $1 and branch = $2 and path = any($3::text[])', [
    repo,
    branch,
    paths,
  ]);
}
