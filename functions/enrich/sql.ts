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

export async function readArticlesToEnrich(
  db: Queryable,
  uniqueIds: readonly string[],
  targets: StageTargets,
): Promise<ArticleToEnrich[]> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleToEnrich>(
    `select unique_id as "uniqueId", revision, title, subtitle, editorial_lead as "editorialLead",
       coalesce(content, '') as content, category, tags, agency_key as "agencyKey",
       image_url is not null as "hasImage", video_url is not null as "hasVideo",
       ${pendingColumns(targets, bind)}
     from news where unique_id = any(${bind(uniqueIds)}::text[])`,
    values,
  );
  return rows;
}

export interface Enriched extends Enrichment {
  uniqueId: string;
  /** Of the text that was read. */
  revision: number;
}

/**
 * Writes themes, summaries and features where the text is still that of `revision` and no other enricher of this rank
 * or a better one was faster; returns the versions by unique_id. Rows are locked in the order of their ids, so that two
 * instances never wait for each other.
 */
export async function saveEnrichments(
  tx: Queryable,
  done: readonly Enriched[],
  enricher: { name: string; rank: number },
): Promise<Map<string, number>> {
  const { bind, values } = bindings();
  const guard = await tx.query<{ id: string }>(
    `with given as (
       select * from unnest(
         ${bind(done.map(({ uniqueId }) => uniqueId))}::text[], ${bind(done.map(({ revision }) => revision))}::bigint[],
         ${bind(done.map(({ features }) => JSON.stringify(features)))}::jsonb[]) as given (id, read_revision, features)
     ),
     guarded as (
       select id, features from news join given on unique_id = id
       where revision = read_revision and ${pending('enrich', { enricherRank: enricher.rank }, bind)}
       order by unique_id for no key update of news
     ),
     written as (
       insert into news_features as stored (unique_id, features) select id, features from guarded
       on conflict (unique_id) do update set features = stored.features || excluded.features
     )
     select id from guarded`,
    values,
  );
  const guarded = new Set(guard.rows.map(({ id }) => id));
  const written = done.filter(({ uniqueId }) => guarded.has(uniqueId));
  if (written.length === 0) return new Map();
  const { rows } = await tx.query<{ uniqueId: string; version: number }>(
    `update news set
       theme_l1_id = (select id from themes where code = level1),
       theme_l2_id = (select id from themes where code = level2),
       theme_l3_id = (select id from themes where code = level3),
       summary = given.summary, enriched_revision = revision, enriched_by = $6, enriched_rank = $7, enriched_at = now()
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
       as given (id, level1, level2, level3, summary)
     where unique_id = given.id
     returning unique_id as "uniqueId", version`,
    [
      written.map(({ uniqueId }) => uniqueId),
      written.map(({ themes }) => themes.level1),
      written.map(({ themes }) => themes.level2),
      written.map(({ themes }) => themes.level3),
      written.map(({ summary }) => summary),
      enricher.name,
      enricher.rank,
    ],
  );
  return new Map(rows.map(({ uniqueId, version }) => [uniqueId, version]));
}
