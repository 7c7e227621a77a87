import type { Queryable } from '../../shared/database.ts';
import type { Platform } from '../../shared/platform.ts';

export interface ActiveSource {
  agencyKey: string;
  sourceUrl: string;
  /** A hint from the catalogue; the platform is detected on every run. */
  platform: Platform | null;
  /** Start of the last run that succeeded; null when none is on record. */
  lastSuccessAt: Date | null;
}

/** The sources to scrape, of all agencies or of some. */
export async function listActiveSources(db: Queryable, agencyKeys?: readonly string[]): Promise<ActiveSource[]> {
  const { rows } = await db.query<ActiveSource>(
    `select agency_key as "agencyKey", url as "sourceUrl", platform,
       (select max(started_at) from scrape_runs where source_url = url and status = 'succeeded') as "lastSuccessAt"
     from sources
     where is_active and ($1::text[] is null or agency_key = any($1::text[]))
     order by agency_key, url`,
    [agencyKeys ?? null],
  );
  return rows;
}
