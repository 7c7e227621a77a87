import type { Queryable } from '../../shared/database.ts';

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
}

const columns = `agency_key as "agencyKey", canonical_url as "canonicalUrl", source_url as "sourceUrl", pages.url,
  platform, listed, etag, last_modified as "lastModified", body_sha256 as "bodySha256", raw_path as "rawPath",
  extractor_version as "extractorVersion", visited_at as "visitedAt", next_visit_at as "nextVisitAt",
  missing_visits as "missingVisits"`;

/** Inserts or replaces rows. They are distinct by agency and canonical URL. */
export async function savePages(db: Queryable, pages: readonly PageRow[]): Promise<void> {
  if (pages.length === 0) return;
  await db.query(
    `insert into pages (agency_key, canonical_url, source_url, url, platform, listed, etag, last_modified,
       body_sha256, raw_path, extractor_version, published_at, visited_at, next_visit_at, missing_visits)
     select "agencyKey", "canonicalUrl", "sourceUrl", url, platform, listed, etag, "lastModified", "bodySha256",
       "rawPath", "extractorVersion", "publishedAt", "visitedAt", "nextVisitAt", "missingVisits"
     from jsonb_to_recordset($1::jsonb) as page (
       "agencyKey" text, "canonicalUrl" text, "sourceUrl" text, url text, platform text, listed jsonb, etag text,
       "lastModified" text, "bodySha256" text, "rawPath" text, "extractorVersion" integer, "publishedAt" timestamptz,
       "visitedAt" timestamptz, "nextVisitAt" timestamptz, "missingVisits" smallint)
     order by "agencyKey", "canonicalUrl"
     on conflict (agency_key, md5(canonical_url)) do update set
       source_url = excluded.source_url, url = excluded.url, platform = excluded.platform, listed = excluded.listed,
       etag = excluded.etag, last_modified = excluded.last_modified, body_sha256 = excluded.body_sha256,
       raw_path = excluded.raw_path, extractor_version = excluded.extractor_version,
       published_at = excluded.published_at, visited_at = excluded.visited_at, next_visit_at = excluded.next_visit_at,
       missing_visits = excluded.missing_visits`,
    [JSON.stringify(pages)],
  );
}

/** What a listing need not ask for again. */
export interface KnownPage {
  canonicalUrl: string;
  /** Null when the page could not be read. */
  publishedAt: Date | null;
  /** Whether its article is in the database; one outside of the window that was asked for is not. */
  isStored: boolean;
  nextVisitAt: Date | null;
}

/** Those of the addresses that were visited before. An article that its site had removed counts as none. */
export async function listKnownPages(
  db: Queryable,
  agencyKey: string,
  canonicalUrls: readonly string[],
): Promise<KnownPage[]> {
  const { rows } = await db.query<KnownPage>(
    `select canonical_url as "canonicalUrl", coalesce(news.published_at, pages.published_at) as "publishedAt",
       unique_id is not null as "isStored", next_visit_at as "nextVisitAt"
     from unnest($2::text[]) as asked (url)
     join pages on pages.agency_key = $1 and md5(pages.canonical_url) = md5(asked.url)
     left join news using (agency_key, canonical_url)
     where removed_by is distinct from 'site'`,
    [agencyKey, canonicalUrls],
  );
  return rows;
}

/** A page to visit, with the text that is stored of it. */
export interface DuePage extends PageRow {
  publishedAt: Date;
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
  content: string | null;
}

/** Which pages of a source are visited again: those that are due, or all whose article lies in a window. */
export type DueFilter = { at: Date } | { startDate: string; endDate: string };

export async function listDuePages(
  db: Queryable,
  sourceUrl: string,
  filter: DueFilter,
  limit: number,
): Promise<DuePage[]> {
  const [condition, values] =
    'at' in filter
      ? ['next_visit_at <= $3', [filter.at]]
      : [
          `news.published_at >= ($3::date)::timestamp at time zone 'America/Sao_Paulo'
           and news.published_at < ($4::date + 1)::timestamp at time zone 'America/Sao_Paulo'`,
          [filter.startDate, filter.endDate],
        ];
  const { rows } = await db.query<DuePage>(
    `select ${columns}, news.published_at as "publishedAt", title, subtitle, editorial_lead as "editorialLead", content
     from pages join news using (agency_key, canonical_url)
     where source_url = $1 and removed_at is null and ${condition}
     order by next_visit_at nulls last, canonical_url limit $2`,
    [sourceUrl, limit, ...values],
  );
  return rows;
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

/** Marks an article that is gone from its site; undefined when there is none that stands. */
export async function markRemoved(
  tx: Queryable,
  agencyKey: string,
  canonicalUrl: string,
): Promise<{ uniqueId: string; version: number } | undefined> {
  const { rows } = await tx.query<{ uniqueId: string; version: number }>(
    `update news set removed_at = now(), removed_by = 'site'
     where agency_key = $1 and canonical_url = $2 and removed_at is null
     returning unique_id as "uniqueId", version`,
    [agencyKey, canonicalUrl],
  );
  return rows[0];
}
