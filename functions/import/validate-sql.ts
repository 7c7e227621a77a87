import type { Queryable } from '../../shared/database.ts';
import { importedEnricher } from '../../shared/enricher-settings.ts';
import type { ImportedArticle } from './article.ts';
import type { ComparedColumn } from './compare-columns.ts';

/** An article as the table has it; instants are microseconds since 1970. */
export interface StoredArticle extends Pick<ImportedArticle, ComparedColumn | 'unique_id' | 'legacy_unique_id'> {
  /** Its agency is in the catalogue, under the key and name that the article has. */
  has_agency: boolean;
  is_complete: boolean;
  has_theme: boolean;
  /** Other records went into it. */
  has_twins: boolean;
  /** Its summary and themes are not the imported ones any more. */
  is_enriched_since: boolean;
}

const micros = (column: string) => `(extract(epoch from news.${column}) * 1000000)::bigint as ${column}`;

/** Finds the articles that records went into, by the ids of the records: by the address, else by either id. */
export async function readStoredArticles(
  db: Queryable,
  articles: readonly ImportedArticle[],
): Promise<Map<string, StoredArticle>> {
  const keys = articles.map(({ dataset_id, agency_key, canonical_url }) => ({ dataset_id, agency_key, canonical_url }));
  const { rows } = await db.query<StoredArticle & { dataset_id: string }>(
    `with input as materialized (
       select distinct on (dataset_id) *
       from json_to_recordset($1::json) as input (dataset_id text, agency_key text, canonical_url text)
     ),
     found as (
       select distinct on (dataset_id) dataset_id, unique_id from (
         select 1 as preference, dataset_id, unique_id from input join news using (agency_key, canonical_url)
         union all select 2, dataset_id, unique_id from input join news on unique_id = dataset_id
         union all select 3, dataset_id, unique_id from input join news on legacy_unique_id = dataset_id
       ) as candidates
       order by dataset_id, preference, unique_id
     )
     select dataset_id, news.unique_id, legacy_unique_id, agency_key, ${micros('published_at')},
       ${micros('updated_datetime')}, ${micros('extracted_at')}, title, subtitle, editorial_lead, news.url, content,
       image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id, summary,
       (agencies.key, agencies.name) is not distinct from (agency_key, agency_name) as has_agency,
       title <> '' and news.url <> '' as is_complete, most_specific_theme_id is not null as has_theme,
       exists (select from import_twins where import_twins.unique_id = news.unique_id) as has_twins,
       enriched_by is not null and enriched_by <> $2 as is_enriched_since
     from found join news using (unique_id) left join agencies on agencies.id = agency_id`,
    [JSON.stringify(keys), importedEnricher.name],
  );
  return new Map(rows.map(({ dataset_id, ...article }) => [dataset_id, article]));
}
