import type { PublishedAtSource } from '../article.ts';
import type { Queryable } from '../database.ts';

/** An article ready to be stored: the names are those of `news`. */
export interface ArticleInput {
  unique_id: string;
  legacy_unique_id: string;
  agency_key: string;
  url: string;
  canonical_url: string;
  title: string;
  subtitle: string | null;
  editorial_lead: string | null;
  content: string;
  image_url: string | null;
  video_url: string | null;
  category: string | null;
  tags: string[];
  published_at: Date;
  published_at_source: PublishedAtSource;
  updated_datetime: Date | null;
  extracted_at: Date;
  content_hash: string | null;
}

/**
 * What became of an article. `twin`: another URL of the agency already holds the same title at the same instant with the
 * same text, and the first wins. `taken`: the unique_id belongs to another article, or another writer was faster: store it again, under
 * a longer id; it is then found by its URL if it was the latter.
 */
export type StoreStatus = 'inserted' | 'updated' | 'unchanged' | 'twin' | 'taken' | 'unknown-agency';

export interface StoredArticle {
  canonical_url: string;
  agency_key: string;
  status: StoreStatus;
  /** Null when nothing is stored. */
  unique_id: string | null;
  version: number | null;
}

const sourcesBestFirst: readonly PublishedAtSource[] = ['json-ld', 'page', 'listing', 'first-seen'];

/**
 * Inserts new articles, updates those whose URL is known and whose fields changed, and only notes the visit for the
 * rest: in one statement, safe with other writers. A stored image, video or date of a better source is kept; an
 * article that its site had removed is back when it is seen again, one that an operator removed is not; what was read before the last visit changes nothing.
 * Articles are distinct by (agency_key, canonical_url) and by unique_id.
 */
export async function storeArticles(tx: Queryable, articles: readonly ArticleInput[]): Promise<StoredArticle[]> {
  const { rows } = await tx.query<StoredArticle>(
    `with input as (
       select input.*, agencies.id as agency_id, agencies.name as agency_name
       from jsonb_to_recordset($1::jsonb) as input (
         unique_id text, legacy_unique_id text, agency_key text, url text, canonical_url text, title text,
         subtitle text, editorial_lead text, content text, image_url text, video_url text, category text, tags text[],
         published_at timestamptz, published_at_source text, updated_datetime timestamptz, extracted_at timestamptz,
         content_hash text)
       left join agencies on agencies.key = input.agency_key
     ),
     -- Locked, so that what is compared is what is overwritten, whoever else writes; in one order, so that two batches
     -- never wait for each other.
     stored as (
       select input.*, news.unique_id as stored_id, news.version as stored_version, news.title as stored_title,
         news.subtitle as stored_subtitle, news.editorial_lead as stored_editorial_lead,
         news.content as stored_content, news.image_url as stored_image_url, news.video_url as stored_video_url,
         news.category as stored_category, news.tags as stored_tags,
         news.updated_datetime as stored_updated_datetime, news.published_at as stored_published_at,
         -- the day of a visit is no better than that of an earlier one; an imported date came from a listing
         input.published_at_source = 'first-seen' or array_position($2::text[], input.published_at_source)
           > coalesce(array_position($2::text[], news.published_at_source), array_position($2::text[], 'listing'))
           as keeps_date,
         -- read before the last visit: what it shows was replaced since
         input.extracted_at < news.last_seen_at as is_late,
         news.removed_at is not null and news.removed_by is distinct from 'operator' as was_removed
       from input join news using (agency_key, canonical_url)
       order by news.unique_id
       for no key update of news
     ),
     matched as (
       select stored.*,
         not is_late and (was_removed or
           (title, subtitle, editorial_lead, content, coalesce(image_url, stored_image_url),
             coalesce(video_url, stored_video_url), category, tags, coalesce(updated_datetime, stored_updated_datetime),
             case when keeps_date then stored_published_at else published_at end)
           is distinct from (stored_title, stored_subtitle, stored_editorial_lead, stored_content, stored_image_url,
             stored_video_url, stored_category, stored_tags, stored_updated_datetime, stored_published_at)) as changed
       from stored
     ),
     touched as (
       update news set last_seen_at = greatest(news.last_seen_at, matched.extracted_at),
         published_at_source =
           case when not matched.keeps_date and matched.published_at = news.published_at
             then matched.published_at_source else news.published_at_source end
       from matched where news.unique_id = matched.stored_id and not matched.changed
     ),
     updated as (
       update news set
         title = matched.title, subtitle = matched.subtitle, editorial_lead = matched.editorial_lead,
         content = matched.content, content_hash = matched.content_hash,
         image_url = coalesce(matched.image_url, news.image_url),
         video_url = coalesce(matched.video_url, news.video_url), category = matched.category, tags = matched.tags,
         updated_datetime = coalesce(matched.updated_datetime, news.updated_datetime),
         published_at = case when matched.keeps_date then news.published_at else matched.published_at end,
         published_at_source =
           case when matched.keeps_date then news.published_at_source else matched.published_at_source end,
         removed_at = case when news.removed_by = 'operator' then news.removed_at end,
         removed_by = case when news.removed_by = 'operator' then news.removed_by end, extracted_at = matched.extracted_at, last_seen_at = matched.extracted_at
       from matched where news.unique_id = matched.stored_id and matched.changed
       returning news.unique_id, news.version
     ),
     twin as (
       select distinct on (input.unique_id) input.unique_id as input_id, news.unique_id, news.version
       from input join news using (agency_key, legacy_unique_id, content_hash)
       where news.canonical_url is distinct from input.canonical_url
     ),
     inserted as (
       insert into news (unique_id, legacy_unique_id, agency_id, agency_key, agency_name, url, canonical_url, title,
         subtitle, editorial_lead, content, content_hash, image_url, video_url, category, tags, published_at,
         published_at_source, updated_datetime, extracted_at, last_seen_at)
       select unique_id, legacy_unique_id, agency_id, agency_key, agency_name, url, canonical_url, title,
         subtitle, editorial_lead, content, content_hash, image_url, video_url, category, tags, published_at,
         published_at_source, updated_datetime, extracted_at, extracted_at
       from input
       where agency_id is not null
         and not exists (
           select from matched where (matched.agency_key, matched.canonical_url) = (input.agency_key, input.canonical_url))
         and not exists (select from twin where twin.input_id = input.unique_id)
       on conflict do nothing
       returning unique_id, version
     )
     select input.canonical_url, input.agency_key,
       case
         when input.agency_id is null then 'unknown-agency'
         when updated.unique_id is not null then 'updated'
         when matched.stored_id is not null then 'unchanged'
         when inserted.unique_id is not null then 'inserted'
         when twin.unique_id is not null then 'twin'
         else 'taken'
       end as status,
       coalesce(updated.unique_id, matched.stored_id, inserted.unique_id, twin.unique_id) as unique_id,
       coalesce(updated.version, matched.stored_version, inserted.version, twin.version) as version
     from input
     left join matched using (agency_key, canonical_url)
     left join updated on updated.unique_id = matched.stored_id
     left join inserted on inserted.unique_id = input.unique_id
     left join twin on twin.input_id = input.unique_id`,
    [JSON.stringify(articles), sourcesBestFirst],
  );
  return rows;
}
