import type { PublishedAtSource } from '../../../shared/article.ts';
import type { Queryable } from '../../../shared/database.ts';
import type { Listed } from '../pages-sql.ts';

/** What is stored of an article and a page can change. */
export interface StoredFields {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
  content: string | null;
  imageUrl: string | null;
  videoUrl: string | null;
  category: string | null;
  tags: string[];
  updatedDatetime: Date | null;
  storedPublishedAt: Date;
  publishedAtSource: PublishedAtSource;
  /** Rounded up to what a Date holds. */
  lastSeenAt: Date;
  /** Seen on a page that is newer than the one kept. */
  isSuperseded: boolean;
}

/** A page that is kept as it came, with what is stored of its article. */
export type RawArticlePage = {
  agencyKey: string;
  canonicalUrl: string;
  urlHash: string;
  url: string;
  platform: string;
  listed: Listed;
  rawPath: string;
  /** Null when it could not be read. */
  extractorVersion: number | null;
  /** Null when it could never be read. */
  publishedAt: Date | null;
  visitedAt: Date;
} & ((StoredFields & { isStored: true }) | { isStored: false });

/** Which pages are read again. */
export interface RereadFilter {
  /** The extractors in force; pages that these versions have read are left out. */
  versions: ReadonlyMap<string, number>;
  /** Also pages that today's extractors have read. */
  all: boolean;
  /** Visited on this day or later, as Brasília has it. */
  since?: string | undefined;
  agencies?: readonly string[] | undefined;
}

/** The key of a page, in the order of `pages_key`. */
export type PageKey = Pick<RawArticlePage, 'agencyKey' | 'urlHash'>;

// Articles that were taken out stay out: storing one again would bring back what its site removed.
const pending = `
  from pages
  join unnest($1::text[], $2::integer[]) as current (platform, version) using (platform)
  left join news using (agency_key, canonical_url)
  where raw_path is not null and removed_at is null and ($3 or extractor_version is distinct from current.version)
    and ($4::date is null or visited_at >= ($4::date)::timestamp at time zone 'America/Sao_Paulo')
    and ($5::text[] is null or agency_key = any($5))`;

const columns = `agency_key as "agencyKey", canonical_url as "canonicalUrl", md5(canonical_url) as "urlHash", pages.url,
  platform, listed, raw_path as "rawPath", extractor_version as "extractorVersion",
  pages.published_at as "publishedAt", visited_at as "visitedAt", unique_id is not null as "isStored", title, subtitle,
  editorial_lead as "editorialLead", content, image_url as "imageUrl", video_url as "videoUrl", category, tags,
  updated_datetime as "updatedDatetime", news.published_at as "storedPublishedAt",
  published_at_source as "publishedAtSource",
  date_trunc('milliseconds', last_seen_at + interval '999 microseconds') as "lastSeenAt",
  last_seen_at > visited_at as "isSuperseded"`;

function valuesOf({ versions, all, since, agencies }: RereadFilter): unknown[] {
  return [[...versions.keys()], [...versions.values()], all, since ?? null, agencies ?? null];
}

export async function countRawPages(db: Queryable, filter: RereadFilter): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*) as count ${pending}`, valuesOf(filter));
  return rows[0]!.count;
}

/** The next pages by key. */
export async function listRawPages(
  db: Queryable,
  filter: RereadFilter,
  after: PageKey,
  limit: number,
): Promise<RawArticlePage[]> {
  const { rows } = await db.query<RawArticlePage>(
    `select ${columns} ${pending} and (agency_key, md5(canonical_url)) > ($6, $7)
     order by agency_key, md5(canonical_url) limit $8`,
    [...valuesOf(filter), after.agencyKey, after.urlHash, limit],
  );
  return rows;
}

/** Pages of stored articles from all over: as many of each platform. */
export async function sampleRawPages(
  db: Queryable,
  filter: RereadFilter,
  ofEachPlatform: number,
): Promise<RawArticlePage[]> {
  const { rows } = await db.query<RawArticlePage>(
    `select ${columns} ${pending} and (agency_key, md5(canonical_url)) in (
       select agency_key, hash from (
         select agency_key, md5(canonical_url) as hash,
           row_number() over (partition by platform order by md5(canonical_url)) as position
         ${pending} and unique_id is not null) as numbered
       where position <= $6)`,
    [...valuesOf(filter), ofEachPlatform],
  );
  return rows;
}

/** What is noted of a page that was read again. */
export interface RereadMark extends Pick<RawArticlePage, 'agencyKey' | 'canonicalUrl' | 'rawPath' | 'visitedAt'> {
  /** Null when it could not be read. */
  extractorVersion: number | null;
  /** Null keeps what is known. */
  publishedAt: Date | null;
}

/**
 * Notes by whom pages were read, unless they were visited meanwhile; returns the canonical URLs of those that were not.
 * Locked in the order of `savePages`, so that two batches never wait for each other.
 */
export async function markReread(db: Queryable, marks: readonly RereadMark[]): Promise<string[]> {
  if (marks.length === 0) return [];
  const { rows } = await db.query<{ canonicalUrl: string }>(
    `with standing as (
       select pages.agency_key, pages.canonical_url, mark."extractorVersion", mark."publishedAt"
       from jsonb_to_recordset($1::jsonb) as mark (
         "agencyKey" text, "canonicalUrl" text, "rawPath" text, "visitedAt" timestamptz, "extractorVersion" integer,
         "publishedAt" timestamptz)
       join pages on pages.agency_key = mark."agencyKey" and md5(pages.canonical_url) = md5(mark."canonicalUrl")
       where raw_path = mark."rawPath" and date_trunc('milliseconds', visited_at) = mark."visitedAt"
       order by pages.agency_key, pages.canonical_url
       for no key update of pages
     )
     update pages set extractor_version = standing."extractorVersion",
       published_at = coalesce(standing."publishedAt", pages.published_at)
     from standing
     where pages.agency_key = standing.agency_key and md5(pages.canonical_url) = md5(standing.canonical_url)
     returning pages.canonical_url as "canonicalUrl"`,
    [JSON.stringify(marks)],
  );
  return rows.map(({ canonicalUrl }) => canonicalUrl);
}
