import type { Queryable } from '../../shared/database.ts';
import { type PendingStages, pending, pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { PublicationSpan } from '../../shared/typesense-compare.ts';
import type { NewsForIndex, ThemeLabel } from './document.ts';

/** What `sync` must know of an article to mark it. */
export interface ArticleToSync extends PendingStages {
  uniqueId: string;
  version: number;
  isRemoved: boolean;
  /** Of the text, compressed. */
  contentBytes: number;
}

export async function readArticlesToSync(
  db: Queryable,
  uniqueIds: readonly string[],
  targets: StageTargets,
): Promise<ArticleToSync[]> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToSync>(
    `select unique_id as "uniqueId", version, removed_at is not null as "isRemoved",
       coalesce(pg_column_size(content), 0) as "contentBytes", ${pendingColumns(targets, bind)}
     from news where unique_id = any(${bind(uniqueIds)}::text[])`,
    values,
  );
  return rows;
}

/**
 * Takes the leases of those articles that are pending, unless another holder's still runs: from then on only this holder
 * writes their documents. A lease ends with `markSynced` or by itself. Rows are locked in the order of their ids, so that
 * two instances never wait for each other.
 */
export async function takeSyncLeases(
  db: Queryable,
  uniqueIds: readonly string[],
  targets: StageTargets,
  lease: { token: string; ms: number },
): Promise<Set<string>> {
  const { bind, values } = bindings();
  const { rows } = await db.query<{ id: string }>(
    `with free as (
       select unique_id as id from news
       where unique_id = any(${bind(uniqueIds)}::text[]) and ${pending('sync', targets, bind)}
         and (sync_lease_until is null or sync_lease_until < now())
       order by unique_id for no key update
     )
     update news set sync_lease_token = ${bind(lease.token)},
       sync_lease_until = now() + make_interval(secs => ${bind(lease.ms)}::float8 / 1000)
     from free where unique_id = id
     returning id`,
    values,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Gives up leases whose work failed, so that a redelivery need not wait for their end. */
export async function releaseSyncLeases(db: Queryable, uniqueIds: readonly string[], token: string): Promise<void> {
  if (uniqueIds.length === 0) return;
  await db.query(
    `with held as (
       select unique_id as id from news where unique_id = any($1::text[]) and sync_lease_token = $2
       order by unique_id for no key update
     )
     update news set sync_lease_token = null, sync_lease_until = null from held where unique_id = id`,
    [uniqueIds, token],
  );
}

/** All that the documents of articles show. */
export async function readDocumentSources(db: Queryable, uniqueIds: readonly string[]): Promise<NewsForIndex[]> {
  if (uniqueIds.length === 0) return [];
  const theme = (name: string) =>
    `case when ${name}.code is not null then jsonb_build_object('code', ${name}.code, 'label', ${name}.label) end`;
  const { rows } = await db.query<
    Omit<NewsForIndex, 'contentEmbedding' | 'themes'> & {
      contentEmbedding: string | null;
      level1: ThemeLabel | null;
      level2: ThemeLabel | null;
      level3: ThemeLabel | null;
      mostSpecific: ThemeLabel | null;
    }
  >(
    `select news.unique_id as "uniqueId", version, agency_key as "agencyKey", published_at as "publishedAt",
       extracted_at as "extractedAt", created_at as "createdAt", title, subtitle, editorial_lead as "editorialLead", url, content,
       image_url as "imageUrl", video_url as "videoUrl", category, tags, summary, content_hash as "contentHash",
       content_embedding::text as "contentEmbedding", embedding_model as "embeddingModel", features,
       ${theme('l1')} as level1, ${theme('l2')} as level2, ${theme('l3')} as level3,
       ${theme('most_specific')} as "mostSpecific"
     from news
     left join news_features using (unique_id)
     left join themes l1 on l1.id = theme_l1_id
     left join themes l2 on l2.id = theme_l2_id
     left join themes l3 on l3.id = theme_l3_id
     left join themes most_specific on most_specific.id = most_specific_theme_id
     where news.unique_id = any($1::text[])`,
    [uniqueIds],
  );
  return rows.map(({ level1, level2, level3, mostSpecific, contentEmbedding, ...fields }) => ({
    ...fields,
    themes: { level1, level2, level3, mostSpecific },
    contentEmbedding: contentEmbedding ? (JSON.parse(contentEmbedding) as number[]) : null,
  }));
}

/** An article whose document was written: the version that it shows, and the lease under which that was done. */
export interface Synced {
  uniqueId: string;
  version: number;
  leaseToken: string | null;
  /** Id of the index. */
  index: string;
}

/**
 * Marks what an index shows, and ends the leases of this holder; returns the versions by unique_id, without those of
 * articles that are still pending, because they changed after they were read or their lease was lost.
 */
export async function markSynced(tx: Queryable, done: readonly Synced[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ id: string; version: number; isPending: boolean }>(
    `with held as (
       select id, shown, shown_by from news
       join unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[]) as written (id, shown, token, shown_by) on unique_id = id
       where token is null or sync_lease_token = token
       order by unique_id for no key update of news
     )
     update news set synced_version = greatest(synced_version, shown), synced_index = shown_by, synced_at = now(),
       sync_lease_token = null, sync_lease_until = null
     from held where unique_id = id
     returning id, shown as version, synced_version < version as "isPending"`,
    [
      done.map(({ uniqueId }) => uniqueId),
      done.map(({ version }) => version),
      done.map(({ leaseToken }) => leaseToken),
      done.map(({ index }) => index),
    ],
  );
  return new Map(rows.filter(({ isPending }) => !isPending).map(({ id, version }) => [id, version]));
}

/** Ids of articles that stand on their site, in their order; `after` goes on from there. */
export async function listStanding(db: Queryable, after: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select unique_id as id from news where unique_id > $1 and removed_at is null order by unique_id limit $2',
    [after, limit],
  );
  return rows.map(({ id }) => id);
}

/** Versions of those of the articles that stand, by unique_id. */
export async function readStanding(db: Queryable, uniqueIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; version: number }>(
    'select unique_id as id, version from news where unique_id = any($1::text[]) and removed_at is null',
    [uniqueIds],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}

export async function countStanding(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) as count from news where removed_at is null');
  return rows[0]!.count;
}

/** The days (since 1970 in UTC) on which articles that stand were published, in their order, with their number. */
export async function countStandingByDay(db: Queryable): Promise<{ day: number; count: number }[]> {
  const { rows } = await db.query<{ day: number; count: number }>(
    `select (published_at at time zone 'UTC')::date - date '1970-01-01' as day, count(*) as count
     from news where removed_at is null group by 1 order by 1`,
  );
  return rows;
}

/** Versions of the articles that stand and were published in a span, by unique_id. */
export async function listStandingVersions(db: Queryable, { from, to }: PublicationSpan): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; version: number }>(
    `select unique_id as id, version from news where removed_at is null
       and published_at >= coalesce(to_timestamp($1::float8), '-infinity')
       and published_at < coalesce(to_timestamp($2::float8), 'infinity')`,
    [from ?? null, to ?? null],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}
