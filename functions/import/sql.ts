import type { Queryable } from '../../shared/database.ts';
import { importedEnricher } from '../../shared/enricher-settings.ts';
import { pending, stages } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { ImportedArticle } from './article.ts';

/** The columns of an article as they arrive in a statement, of the values that `inputOf` gives. */
const input = `rows from (
  json_to_recordset($1::json) as (dataset_id text, unique_id text, legacy_unique_id text,
    agency_id integer, agency_key text, published_at bigint, published_at_source text, updated_datetime bigint,
    extracted_at bigint, title text, subtitle text, editorial_lead text, url text, canonical_url text,
    image_url text, video_url text, category text, tags text[], theme_l1_id integer, theme_l2_id integer,
    theme_l3_id integer, summary text, content_hash text, stored_id text, keeps_enrichment boolean),
  unnest($2::text[])
) as input (dataset_id, unique_id, legacy_unique_id, agency_id, agency_key, published_at, published_at_source,
  updated_datetime, extracted_at, title, subtitle, editorial_lead, url, canonical_url, image_url, video_url, category,
  tags, theme_l1_id, theme_l2_id, theme_l3_id, summary, content_hash, stored_id, keeps_enrichment, content)`;

/** The long texts go by themselves: as JSON they would cost half as much again. */
function inputOf(articles: readonly ImportedArticle[]): [string, (string | null)[]] {
  const columns = articles.map(({ content: _, ...rest }) => rest);
  return [JSON.stringify(columns), articles.map(({ content }) => content)];
}

const instant = (column: string) => `timestamptz 'epoch' + input.${column} * interval '1 microsecond'`;
const extractedAt = `coalesce(${instant('extracted_at')}, now())`;
const hasEnrichment = `(coalesce(input.summary, '') <> ''
  or coalesce(input.theme_l1_id, input.theme_l2_id, input.theme_l3_id) is not null)`;

export type ArticleIds = Pick<ImportedArticle, 'unique_id' | 'legacy_unique_id'>;

/**
 * Inserts articles that nobody has, parked and without messages: what has a summary or a theme counts as enriched.
 *
 * @returns those that were inserted; of the others id or address is taken.
 */
export async function insertArticles(tx: Queryable, articles: readonly ImportedArticle[]): Promise<ArticleIds[]> {
  const { rows } = await tx.query<ArticleIds>(
    `insert into news (unique_id, legacy_unique_id, agency_id, agency_key, agency_name, published_at,
       published_at_source, updated_datetime, extracted_at, last_seen_at, title, subtitle, editorial_lead, url,
       canonical_url, content, image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id, summary,
       content_hash, enriched_revision, enriched_by, enriched_rank, parked_version)
     select unique_id, legacy_unique_id, agencies.id, agencies.key, agencies.name, ${instant('published_at')},
       published_at_source, ${instant('updated_datetime')}, ${extractedAt}, ${extractedAt},
       title, subtitle, editorial_lead, input.url, canonical_url, content, image_url, video_url, category, tags,
       theme_l1_id, theme_l2_id, theme_l3_id, summary, content_hash,
       case when ${hasEnrichment} then 1 else 0 end, case when ${hasEnrichment} then $3 end,
       case when ${hasEnrichment} then $4::smallint else 0 end, 1
     from ${input} join agencies on agencies.id = input.agency_id
     on conflict do nothing
     returning unique_id, legacy_unique_id`,
    [...inputOf(articles), importedEnricher.name, importedEnricher.rank],
  );
  return rows;
}

/** Work in any stage, whatever the stages aim at now. */
const isPending = stages.map((stage) => pending(stage, {}, bindings().bind)).join(' or ');

/** The article that a record belongs to, locked. */
export interface StoredMatch {
  /** Of the record. */
  dataset_id: string;
  unique_id: string;
  legacy_unique_id: string | null;
  /** Microseconds since 1970. */
  extracted_at: number;
  has_summary: boolean;
  has_themes: boolean;
  /** A better enricher, or a person, wrote summary and themes. */
  keeps_enrichment: boolean;
  /** Has work of its own that the stages are to do: it is not parked. */
  is_due: boolean;
}

/** Finds the articles of records: by the address, else by either id. */
export async function findStored(tx: Queryable, articles: readonly ImportedArticle[]): Promise<StoredMatch[]> {
  const keys = articles.map(({ dataset_id, agency_key, canonical_url }) => ({ dataset_id, agency_key, canonical_url }));
  const { rows: matches } = await tx.query<{ dataset_id: string; unique_id: string }>(
    `with input as materialized (
       select * from json_to_recordset($1::json) as input (dataset_id text, agency_key text, canonical_url text)
     )
     select distinct on (dataset_id) dataset_id, unique_id from (
       select 1 as preference, dataset_id, unique_id from input join news using (agency_key, canonical_url)
       union all select 2, dataset_id, unique_id from input join news on unique_id = dataset_id
       union all select 3, dataset_id, unique_id from input join news on legacy_unique_id = dataset_id
     ) as found
     order by dataset_id, preference, unique_id`,
    [JSON.stringify(keys)],
  );
  if (matches.length === 0) return [];
  const { rows: stored } = await tx.query<Omit<StoredMatch, 'dataset_id'>>(
    `select unique_id, legacy_unique_id, (extract(epoch from extracted_at) * 1000000)::bigint as extracted_at,
       coalesce(summary, '') <> '' as has_summary, most_specific_theme_id is not null as has_themes,
       enriched_rank >= $2::smallint and enriched_by is distinct from $3 as keeps_enrichment,
       not is_parked and (${isPending}) as is_due
     from news where unique_id = any($1::text[])
     order by unique_id for no key update`,
    [matches.map(({ unique_id }) => unique_id), importedEnricher.rank, importedEnricher.name],
  );
  const byId = new Map(stored.map((article) => [article.unique_id, article]));
  return matches.flatMap(({ dataset_id, unique_id }) => {
    const article = byId.get(unique_id);
    return article ? [{ ...article, dataset_id }] : [];
  });
}

/** A record that is newer than its article, or has the summary or themes that this lacks. */
export interface ArticleChange extends ImportedArticle {
  stored_id: string;
  /** Leaves summary and themes as they are. */
  keeps_enrichment: boolean;
}

/** Gives articles what newer records say. Identity and address stay, and so does a date that was read on the page. */
export async function updateArticles(tx: Queryable, changes: readonly ArticleChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `update news set title = input.title, subtitle = input.subtitle, editorial_lead = input.editorial_lead,
       content = input.content, content_hash = input.content_hash, image_url = input.image_url,
       video_url = input.video_url, category = input.category, tags = input.tags,
       published_at = case when news.published_at_source in ('imported', 'first-seen')
         then ${instant('published_at')} else news.published_at end,
       updated_datetime = coalesce(${instant('updated_datetime')}, news.updated_datetime),
       extracted_at = ${instant('extracted_at')},
       last_seen_at = greatest(news.last_seen_at, ${instant('extracted_at')})
     from ${input} where news.unique_id = input.stored_id`,
    inputOf(changes),
  );
}

/** Gives articles the summary and the themes of records that have them. */
export async function enrichArticles(tx: Queryable, changes: readonly ArticleChange[]): Promise<void> {
  const wanted = changes.filter(({ keeps_enrichment }) => !keeps_enrichment);
  if (wanted.length === 0) return;
  const given = 'coalesce(input.theme_l1_id, input.theme_l2_id, input.theme_l3_id) is not null';
  await tx.query(
    `update news set summary = coalesce(nullif(input.summary, ''), news.summary),
       theme_l1_id = case when ${given} then input.theme_l1_id else news.theme_l1_id end,
       theme_l2_id = case when ${given} then input.theme_l2_id else news.theme_l2_id end,
       theme_l3_id = case when ${given} then input.theme_l3_id else news.theme_l3_id end
     from ${input} where news.unique_id = input.stored_id`,
    inputOf(wanted),
  );
}

/**
 * After the versions have grown: what has a summary or a theme is enriched, and of the articles to be parked those are
 * that have a new version.
 */
export async function settleArticles(tx: Queryable, changes: readonly ArticleChange[], parked: readonly string[]) {
  if (changes.length === 0) return;
  await tx.query(
    `update news set
       enriched_revision = case when is_enriched then revision else enriched_revision end,
       enriched_by = case when is_enriched then $3 else enriched_by end,
       enriched_rank = case when is_enriched then $4::smallint else enriched_rank end,
       parked_version = case when unique_id = any($2::text[]) and synced_version < version
         then version else parked_version end
     from (
       select unique_id as id, unique_id <> all($5::text[]) and enriched_rank <= $4::smallint
         and (coalesce(summary, '') <> '' or most_specific_theme_id is not null) as is_enriched
       from news where unique_id = any($1::text[])
     ) as state
     where unique_id = id`,
    [
      changes.map(({ stored_id }) => stored_id),
      parked,
      importedEnricher.name,
      importedEnricher.rank,
      changes.filter(({ keeps_enrichment }) => keeps_enrichment).map(({ stored_id }) => stored_id),
    ],
  );
}

/** Keeps the ids of records that went into other articles. */
export async function insertTwins(tx: Queryable, twins: readonly { dataset_id: string; unique_id: string }[]) {
  if (twins.length === 0) return;
  await tx.query(
    `insert into import_twins (dataset_id, unique_id)
     select distinct on (dataset_id) dataset_id, unique_id from unnest($1::text[], $2::text[]) as twin (dataset_id, unique_id)
     on conflict (dataset_id) do update set unique_id = excluded.unique_id`,
    [twins.map(({ dataset_id }) => dataset_id), twins.map(({ unique_id }) => unique_id)],
  );
}
