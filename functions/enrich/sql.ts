import type { Queryable } from '../../shared/database.ts';
import { type PendingStages, pending, pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { EnrichableArticle, Enrichment } from './enricher.ts';

export interface ArticleToEnrich extends EnrichableArticle, PendingStages {
  uniqueId: string;
  revision: number;
  hasImage: boolean;
  hasVideo: boolean;
}

export async function readArticleToEnrich(
  db: Queryable,
  uniqueId: string,
  targets: StageTargets,
): Promise<ArticleToEnrich | undefined> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToEnrich>(
    `select unique_id as "uniqueId", revision, title, subtitle, editorial_lead as "editorialLead",
       coalesce(content, '') as content, category, tags, agency_key as "agencyKey",
       image_url is not null as "hasImage", video_url is not null as "hasVideo",
       ${pendingColumns(targets, bind)}
     from news where unique_id = ${bind(uniqueId)}`,
    values,
  );
  return rows[0];
}

/**
 * Writes themes, summary and features if the text is still that of `revision` and no other enricher of this rank or a
 * better one was faster; returns the version, else undefined.
 */
export async function saveEnrichment(
  tx: Queryable,
  article: { uniqueId: string; revision: number },
  enrichment: Enrichment,
  enricher: { name: string; rank: number },
): Promise<number | undefined> {
  const { bind, values } = bindings();
  const guard = await tx.query(
    `with guarded as (
       select unique_id from news
       where unique_id = ${bind(article.uniqueId)} and revision = ${bind(article.revision)}
         and ${pending('enrich', { enricherRank: enricher.rank }, bind)}
       for update
     ),
     written as (
       insert into news_features as stored (unique_id, features)
       select unique_id, ${bind(JSON.stringify(enrichment.features))}::jsonb from guarded
       on conflict (unique_id) do update set features = stored.features || excluded.features
     )
     select unique_id from guarded`,
    values,
  );
  if (guard.rowCount === 0) return undefined;
  const { rows } = await tx.query<{ version: number }>(
    `update news set
       theme_l1_id = (select id from themes where code = $2),
       theme_l2_id = (select id from themes where code = $3),
       theme_l3_id = (select id from themes where code = $4),
       summary = $5, enriched_revision = revision, enriched_by = $6, enriched_rank = $7, enriched_at = now()
     where unique_id = $1
     returning version`,
    [
      article.uniqueId,
      enrichment.themes.level1,
      enrichment.themes.level2,
      enrichment.themes.level3,
      enrichment.summary,
      enricher.name,
      enricher.rank,
    ],
  );
  return rows[0]?.version;
}
