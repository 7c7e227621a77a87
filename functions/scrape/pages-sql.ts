import type { Queryable } from '../../shared/database.ts';
import type { RecentVisits } from './revisit.ts';

/** What only a listing says of an article; the instant as ISO 8601. */
export interface Listed {
  date: string | null;
  category: string | null;
  tags: string[];
}

/** A row of `pages`: what the next visit needs to know. */
export interface PageRow {
  agencyKey: string;
  canonicalUrl: string;
  sourceUrl: string;
  /** As the listing has it. */
  url: string;
  platform: string;
  listed: Listed;
  etag: string | null;
  lastModified: string | null;
  bodySha256: string | null;
  rawPath: string | null;
  /** Null when the page could not be read. */
  extractorVersion: number | null;
  /** As the page says; null when it could not be read. */
  publishedAt: Date | null;
  visitedAt: Date;
  /** Null: not visited again unless a listing brings it. */
  nextVisitAt: Date | null;
  /** Visits in a row that found nothing. */
  missingVisits: number;
  /** Category of why the last visit gave no article; null when it did. */
  failure: string | null;
  /** When a visit last found it gone, unreadable or halved, unless an operator let that through. */
  oddAt: Date | null;
  /** The unique_id of the article that has the same title, instant and text at another address. */
  twinOf: string | null;
}

const columns = `agency_key as "agencyKey", canonical_url as "canonicalUrl", source_url as "sourceUrl", pages.url,
  platform, listed, etag, last_modified as "lastModified", body_sha256 as "bodySha256", raw_path as "rawPath",
  extractor_version as "extractorVersion", visited_at as "visitedAt", next_visit_at as "nextVisitAt",
  missing_visits as "missingVisits", failure, odd_at as "oddAt", twin_of as "twinOf"`;

/** Inserts or replaces rows. They are distinct by agency and canonical URL. */
export async function savePages(db: Queryable, pages: readonly PageRow[]): Promise<void> {
  if (pages.length === 0) return;
  await db.query(
    `insert into pages (agency_key, canonical_url, source_url, url, platform, listed, etag, last_modified,
       body_sha256, raw_path, extractor_version, published_at, visited_at, next_visit_at, missing_visits,
       failure, odd_at, twin_of)
     select "agencyKey", "canonicalUrl", "sourceUrl", url, platform, listed, etag, "lastModified", "bodySha256",
       "rawPath", "extractorVersion", "publishedAt", "visitedAt", "nextVisitAt", "missingVisits",
       failure, "oddAt", "twinOf"
     from jsonb_to_recordset($1::jsonb) as page (
       "agencyKey" text, "canonicalUrl" text, "sourceUrl" text, url text, platform text, listed jsonb, etag text,
       "lastModified" text, "bodySha256" text, "rawPath" text, "extractorVersion" integer, "publishedAt" timestamptz,
       "visitedAt" timestamptz, "nextVisitAt" timestamptz, "missingVisits" smallint, failure text, "oddAt" timestamptz, "twinOf" text)
     order by "agencyKey", "canonicalUrl"
     on conflict (agency_key, md5(canonical_url)) do update set
       source_url = excluded.source_url, url = excluded.url, platform = excluded.platform, listed = excluded.listed,
       etag = excluded.etag, last_modified = excluded.last_modified, body_sha256 = excluded.body_sha256,
       raw_path = excluded.raw_path, extractor_version = excluded.extractor_version,
       published_at = excluded.published_at, visited_at = excluded.visited_at, next_visit_at = excluded.next_visit_at,
       missing_visits = excluded.missing_visits, failure = excluded.failure, odd_at = coalesce(excluded.odd_at, pages.odd_at), twin_of = excluded.twin_of`,
    [JSON.stringify(pages)],
  );
}

/** What a listing need not ask for again. */
export interface KnownPage {
  canonicalUrl: string;
  /** Null when the page could not be read. */
  publishedAt: Date | null;
  /** Whether its article stands in the database; one outside of the window that was asked for does not. */
  isStored: boolean;
  failure: string | null;
  visitedAt: Date;
  nextVisitAt: Date | null;
}

/** Those of the addresses that were visited before. An article that its site had removed is not stored any more. */
export async function listKnownPages(
  db: Queryable,
  agencyKey: string,
  canonicalUrls: readonly string[],
): Promise<KnownPage[]> {
  const { rows } = await db.query<KnownPage>(
    `select canonical_url as "canonicalUrl", coalesce(news.published_at, pages.published_at) as "publishedAt",
       unique_id is not null and removed_by is distinct from 'site' as "isStored", failure,
       visited_at as "visitedAt", next_visit_at as "nextVisitAt"
     from unnest($2::text[]) as asked (url)
     join pages on pages.agency_key = $1 and md5(pages.canonical_url) = md5(asked.url)
     left join news using (agency_key, canonical_url)`,
    [agencyKey, canonicalUrls],
  );
  return rows;
}

/** A page to visit, with what is stored of it. */
export interface DuePage extends PageRow {
  uniqueId: string;
  storedPublishedAt: Date;
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
  content: string | null;
}

/** Which pages of a source are visited again: those that are due, or all whose article lies in a window. */
export type DueFilter = { at: Date } | { startDate: string; endDate: string; after: string };

/** In the order in which they became due; those of a window by their address, so that a later run can go on. */
export async function listDuePages(
  db: Queryable,
  source: { agencyKey: string; sourceUrl: string },
  filter: DueFilter,
  limit: number,
): Promise<DuePage[]> {
  const [condition, order, values] =
    'at' in filter
      ? ['next_visit_at <= $4', 'next_visit_at, canonical_url', [filter.at]]
      : [
          `news.published_at >= ($4::date)::timestamp at time zone 'America/Sao_Paulo'
           and news.published_at < ($5::date + 1)::timestamp at time zone 'America/Sao_Paulo'
           and canonical_url collate "C" > $6`,
          'canonical_url collate "C"',
          [filter.startDate, filter.endDate, filter.after],
        ];
  const { rows } = await db.query<DuePage>(
    `select ${columns}, pages.published_at as "publishedAt", unique_id as "uniqueId",
       news.published_at as "storedPublishedAt", title, subtitle, editorial_lead as "editorialLead", content
     from pages join news using (agency_key, canonical_url)
     where agency_key = $1 and source_url = $2 and removed_at is null and ${condition}
     order by ${order} limit $3`,
    [source.agencyKey, source.sourceUrl, limit, ...values],
  );
  return rows;
}

/** How many pages of a source were visited since then, and how many were odd; those of this run are left out. */
export async function countRecentVisits(
  db: Queryable,
  sourceUrl: string,
  since: Date,
  except: readonly string[],
): Promise<RecentVisits> {
  const { rows } = await db.query<RecentVisits>(
    `select count(*) as visited, count(*) filter (where odd_at > $2) as odd from pages
     where source_url = $1 and visited_at > $2 and canonical_url <> all($3::text[])`,
    [sourceUrl, since, except],
  );
  return rows[0]!;
}

/** Notes that articles still stand as they are stored. */
export async function touchArticles(
  db: Queryable,
  agencyKey: string,
  canonicalUrls: readonly string[],
  seenAt: Date,
): Promise<void> {
  await db.query(
    `update news set last_seen_at = greatest(last_seen_at, $3)
     where agency_key = $1 and canonical_url = any($2::text[])`,
    [agencyKey, canonicalUrls, seenAt],
  );
}

/** An article after its page was found gone. */
export interface GoneArticle {
  uniqueId: string;
  version: number;
}

/**
 * Marks an article that is gone from its site, unless the site has moved it: then the article takes the address where
 * the same text was seen since. Undefined when there is none that stands.
 */
export async function markGone(
  tx: Queryable,
  { agencyKey, canonicalUrl, uniqueId }: Pick<DuePage, 'agencyKey' | 'canonicalUrl' | 'uniqueId'>,
): Promise<(GoneArticle & { isMoved: boolean }) | undefined> {
  const moved = await tx.query<GoneArticle>(
    `with twin as (
       select pages.url, pages.canonical_url from pages
       where twin_of = $2 and agency_key = $1
         and not exists (select from news where news.agency_key = $1 and news.canonical_url = pages.canonical_url)
       order by visited_at desc limit 1
     )
     update news set url = twin.url, canonical_url = twin.canonical_url from twin
     where unique_id = $2 and news.canonical_url = $3 and removed_at is null
     returning unique_id as "uniqueId", version`,
    [agencyKey, uniqueId, canonicalUrl],
  );
  if (moved.rows[0]) {
    // At its own address it is visited like any other.
    await tx.query('update pages set twin_of = null where agency_key = $1 and twin_of = $2', [agencyKey, uniqueId]);
    return { ...moved.rows[0], isMoved: true };
  }
  const { rows } = await tx.query<GoneArticle>(
    `update news set removed_at = now(), removed_by = 'site'
     where agency_key = $1 and canonical_url = $2 and removed_at is null
     returning unique_id as "uniqueId", version`,
    [agencyKey, canonicalUrl],
  );
  return rows[0] && { ...rows[0], isMoved: false };
}
