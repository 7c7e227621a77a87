import type { Queryable } from '../../shared/database.ts';
import { type PendingStages, pending, pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { NewsForIndex, ThemeLabel } from './document.ts';

/** What `sync` must know of an article to mark it. */
export interface ArticleToSync extends PendingStages {
  uniqueId: string;
  version: number;
  isRemoved: boolean;
}

export async function readArticleToSync(
  db: Queryable,
  uniqueId: string,
  targets: StageTargets,
): Promise<ArticleToSync | undefined> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToSync>(
    `select unique_id as "uniqueId", version, removed_at is not null as "isRemoved", ${pendingColumns(targets, bind)}
     from news where unique_id = ${bind(uniqueId)}`,
    values,
  );
  return rows[0];
}

/**
 * Takes the lease of an article that is pending, unless another holder's still runs: from then on only this holder
 * writes its document. The lease ends with `markSynced` or by itself.
 */
export async function takeSyncLease(
  db: Queryable,
  uniqueId: string,
  targets: StageTargets,
  lease: { token: string; ms: number },
): Promise<boolean> {
  const { bind, values } = bindings();
  const { rowCount } = await db.query(
    `update news set sync_lease_token = ${bind(lease.token)},
       sync_lease_until = now() + make_interval(secs => ${bind(lease.ms)}::float8 / 1000)
     where unique_id = ${bind(uniqueId)} and ${pending('sync', targets, bind)}
       and (sync_lease_until is null or sync_lease_until < now())`,
    values,
  );
  return rowCount > 0;
}

/** Gives up a lease whose work failed, so that a redelivery need not wait for its end. */
export async function releaseSyncLease(db: Queryable, uniqueId: string, token: string): Promise<void> {
  await db.query(
    'update news set sync_lease_token = null, sync_lease_until = null where unique_id = $1 and sync_lease_token = $2',
    [uniqueId, token],
  );
}

/** All that the document of an article shows. */
export async function readDocumentSource(db: Queryable, uniqueId: string): Promise<NewsForIndex | undefined> {
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
       extracted_at as "extractedAt", title, subtitle, editorial_lead as "editorialLead", url, content,
       image_url as "imageUrl", video_url as "videoUrl", category, tags, summary, content_hash as "contentHash",
       content_embedding::text as "contentEmbedding", features,
       ${theme('l1')} as level1, ${theme('l2')} as level2, ${theme('l3')} as level3,
       ${theme('most_specific')} as "mostSpecific"
     from news
     left join news_features using (unique_id)
     left join themes l1 on l1.id = theme_l1_id
     left join themes l2 on l2.id = theme_l2_id
     left join themes l3 on l3.id = theme_l3_id
     left join themes most_specific on most_specific.id = most_specific_theme_id
     where news.unique_id = $1`,
    [uniqueId],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { level1, level2, level3, mostSpecific, contentEmbedding, ...fields } = row;
  return {
    ...fields,
    themes: { level1, level2, level3, mostSpecific },
    contentEmbedding: contentEmbedding ? (JSON.parse(contentEmbedding) as number[]) : null,
  };
}

/**
 * Marks that an index shows `version`, and ends the lease of this holder.
 *
 * @returns whether the article is still pending: it changed after it was read; undefined when the lease was lost.
 */
export async function markSynced(
  tx: Queryable,
  article: { uniqueId: string; version: number; index: string; leaseToken: string | null },
): Promise<{ isStillPending: boolean } | undefined> {
  const { rows } = await tx.query<{ isStillPending: boolean }>(
    `update news set synced_version = greatest(synced_version, $2), synced_index = $4, synced_at = now(),
       sync_lease_token = null, sync_lease_until = null
     where unique_id = $1 and ($3::uuid is null or sync_lease_token = $3)
     returning synced_version < version as "isStillPending"`,
    [article.uniqueId, article.version, article.leaseToken, article.index],
  );
  return rows[0];
}
