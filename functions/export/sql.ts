import { readCopy, readTextArray, readTimestamp } from '../../shared/copy-format.ts';
import type { Queryable, Snapshot } from '../../shared/database.ts';
import type { DatasetColumn, DatasetColumnName, DatasetColumnType } from '../../shared/dataset-schema.ts';

/** What the table holds of one period now: the digest is the exclusive or of its rows' hashes, in hex. */
export interface PeriodState {
  period: string;
  rowCount: number;
  digest: string;
}

/** Of a row, 64 bits; and it tells one version from the next. */
const rowHash = 'hashtextextended(news.unique_id, news.version)';

/**
 * States all periods, oldest first: months before `firstDay`, days from it on, by the date in −03:00. In no order of the
 * rows, so that nothing is sorted; the export index alone has all it needs.
 *
 * @param firstDay first day of the current month, as an instant.
 */
export async function listPeriods(tx: Queryable, firstDay: Date): Promise<PeriodState[]> {
  // An interval, because a zone written as text, '-03:00', means the opposite in Postgres.
  const { rows } = await tx.query<PeriodState>(
    `select to_char(published_at at time zone interval '-03:00',
         case when published_at < $1 then 'YYYY-MM' else 'YYYY-MM-DD' end) as period,
       count(*) as "rowCount", to_hex(bit_xor(${rowHash})) as digest
     from news where removed_at is null
     group by 1 order by min(published_at)`,
    [firstDay.toISOString()],
  );
  return rows;
}

/** Whether the table has ever held an article: removed ones count. */
export async function hasArticles(tx: Queryable): Promise<boolean> {
  const { rowCount } = await tx.query('select from news limit 1');
  return rowCount > 0;
}

/** What is being imported and not all in the table yet. */
export async function findOpenImport(tx: Queryable): Promise<string | undefined> {
  const { rows } = await tx.query<{ source: string }>(`select source from imports where status = 'open' limit 1`);
  return rows[0]?.source;
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
      from news where removed_at is null and published_at <= now())`;
  const { rows } = await tx.query<Coverage>(
    `select ${day('min')} as "firstDay", ${day('max')} as "lastDay",
       (select count(*) from agencies
        where exists (select from news where agency_key = agencies.key and removed_at is null)) as "agencyCount"`,
  );
  return rows[0]!;
}

/** A row of a shard: what the digest is made of, and its values by column name, as a Parquet stream takes them. */
export interface ExportRow {
  uniqueId: Buffer;
  /** What the digest of a period is made of. */
  hash: bigint;
  values: Record<string, unknown>;
}

/** Rows that stand next to each other in a shard, made one at a time. */
export interface ExportBatch {
  rowCount: number;
  row(index: number): ExportRow;
  /** Where to read on. */
  next: ExportCursor;
  /** Gives the memory of the batch back: the values of its rows are views of it. */
  release(): void;
}

/** Where to read on: after this row, in the order of a shard. */
export interface ExportCursor {
  /** In microseconds since 1970. */
  publishedAt: bigint;
  uniqueId: string;
}

export interface ExportRange {
  after: ExportCursor;
  /** End of the period. */
  before: Date;
  columns: readonly DatasetColumn[];
  maxRows: number;
  /** Ends the batch early, but never before its first row. */
  maxTextBytes: number;
}

/**
 * Reads the next rows of a period in the order of a shard, which is that of every database, whatever its collation.
 * Null at the end of the period.
 */
export async function readExportBatch(tx: Snapshot, range: ExportRange): Promise<ExportBatch | null> {
  const { after, before, columns, maxRows, maxTextBytes } = range;
  const texts = longTexts.filter((text) => columns.some(({ name }) => name === text));
  const textBytes = texts.map((text) => `coalesce(octet_length(${text}), 0)`).join(' + ') || '0';
  await tx.query(
    `select set_config('export.published_at', $1, true), set_config('export.unique_id', $2, true),
       set_config('export.before', $3, true)`,
    [timestampText(after.publishedAt), after.uniqueId, timestampText(BigInt(before.getTime()) * 1_000n)],
  );
  // The inner query carries texts by reference; only rows that stay within the bound have theirs read.
  const { blocks, release } = await tx.copyOut(
    `select news.unique_id, ${rowHash}, news.published_at,
         ${columns.map(({ name }) => datasetExpressions[name as DatasetColumnName]).join(', ')}
       from (
         select *, row_number() over shard_order as position, sum(${textBytes}) over shard_order as text_bytes
         from news
         where removed_at is null and published_at < current_setting('export.before')::timestamptz
           and (published_at, unique_id)
             > (current_setting('export.published_at')::timestamptz, current_setting('export.unique_id'))
         window shard_order as (order by published_at, unique_id rows unbounded preceding)
         order by published_at, unique_id
         limit ${maxRows}
       ) as news
       left join themes as theme_1 on theme_1.id = news.theme_l1_id
       left join themes as theme_2 on theme_2.id = news.theme_l2_id
       left join themes as theme_3 on theme_3.id = news.theme_l3_id
       left join themes as most_specific on most_specific.id = news.most_specific_theme_id
       where news.position = 1 or news.text_bytes <= ${maxTextBytes}
       order by news.position`,
  );
  const rows = readCopy(blocks);
  if (rows.rowCount === 0) return null;
  const [uniqueId, , publishedAt] = rows.row(rows.rowCount - 1);
  return {
    rowCount: rows.rowCount,
    row: (index) => exportRow(rows.row(index), columns),
    next: { uniqueId: uniqueId!.toString(), publishedAt: readTimestamp(publishedAt!) },
    release,
  };
}

function exportRow(fields: readonly (Buffer | null)[], columns: readonly DatasetColumn[]): ExportRow {
  const hash = fields[1]!.readBigInt64BE();
  const values: Record<string, unknown> = {};
  for (const [index, { name, type }] of columns.entries()) {
    const field = fields[index + 3] ?? null;
    values[name] = field === null ? null : readers[type](field);
  }
  return { uniqueId: fields[0]!, hash, values };
}

const readers: Record<DatasetColumnType, (field: Buffer) => unknown> = {
  string: (field) => field,
  'list<string>': readTextArray,
  'timestamp[us, tz=-03:00]': readTimestamp,
  'timestamp[ns]': readTimestamp,
};

/** Those that a site, or an import, may give in any length. */
const longTexts = ['title', 'subtitle', 'editorial_lead', 'content', 'summary'];

const datasetExpressions: Record<DatasetColumnName, string> = {
  unique_id: 'news.unique_id',
  agency: 'news.agency_key',
  published_at: 'news.published_at',
  updated_datetime: 'news.updated_datetime',
  extracted_at: 'news.extracted_at',
  title: 'news.title',
  subtitle: 'news.subtitle',
  editorial_lead: 'news.editorial_lead',
  url: 'news.url',
  content: 'news.content',
  image: 'news.image_url',
  video_url: 'news.video_url',
  category: 'news.category',
  tags: 'news.tags',
  theme_1_level_1: 'theme_1.label',
  theme_1_level_1_code: 'theme_1.code',
  theme_1_level_1_label: 'theme_1.label',
  theme_1_level_2_code: 'theme_2.code',
  theme_1_level_2_label: 'theme_2.label',
  theme_1_level_3_code: 'theme_3.code',
  theme_1_level_3_label: 'theme_3.label',
  most_specific_theme_code: 'most_specific.code',
  most_specific_theme_label: 'most_specific.label',
  summary: 'news.summary',
};

/** An instant as Postgres reads it, to the microsecond: beyond the year 2255 a number would round. */
function timestampText(microseconds: bigint): string {
  const rest = ((microseconds % 1_000n) + 1_000n) % 1_000n;
  const text = new Date(Number((microseconds - rest) / 1_000n)).toISOString();
  return text.replace(/^\+0/, '').replace('Z', `${String(rest).padStart(3, '0')}Z`);
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
