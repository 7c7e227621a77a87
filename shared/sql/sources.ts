import type { Queryable } from '../database.ts';
import type { Platform } from '../platform.ts';

/** A source, and whether it is read: the names are those of `sources`. */
export interface SourceStanding {
  agency_key: string;
  url: string;
  platform: Platform | null;
  is_active: boolean;
  disabled_reason: string | null;
  disabled_at: Date | null;
  held_at: Date | null;
  held_reason: string | null;
  released_at: Date | null;
}

/** The columns of a `SourceStanding`, for a query in which no other table has them. */
export const standingColumns = `agency_key, url, platform, is_active, disabled_reason, disabled_at, held_at,
       held_reason, released_at`;

/** A source as an operator sees it. */
export interface SourceState extends SourceStanding {
  user_agent: string | null;
}

/** All sources, or those of some agencies, by agency and address. */
export async function listSourceStates(db: Queryable, agencyKeys?: readonly string[]): Promise<SourceState[]> {
  const { rows } = await db.query<SourceState>(
    `select ${standingColumns}, user_agent
     from sources
     where $1::text[] is null or agency_key = any($1::text[])
     order by agency_key, url`,
    [agencyKeys ?? null],
  );
  return rows;
}

/** Adds an active source of a stored agency; returns whether its address was new. */
export async function insertSource(
  db: Queryable,
  source: Pick<SourceState, 'agency_key' | 'url' | 'platform' | 'user_agent'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into sources (agency_key, url, platform, user_agent) values ($1, $2, $3, $4)
     on conflict (url) do nothing returning url`,
    [source.agency_key, source.url, source.platform, source.user_agent],
  );
  return rowCount > 0;
}

/** @param userAgent what to call ourselves there; null: as everywhere; undefined: as it is stored. */
export async function enableSource(db: Queryable, url: string, userAgent?: string | null): Promise<void> {
  await db.query(
    `update sources set is_active = true, disabled_reason = null, disabled_at = null,
       user_agent = case when $2 then $3 else user_agent end
     where url = $1`,
    [url, userAgent !== undefined, userAgent ?? null],
  );
}

/** A source that is disabled already keeps its date, and takes the new reason. */
export async function disableSource(db: Queryable, url: string, reason: string): Promise<void> {
  await db.query(
    `update sources set is_active = false, disabled_reason = $2,
       disabled_at = case when is_active then now() else coalesce(disabled_at, now()) end
     where url = $1`,
    [url, reason],
  );
}

/** Lets the next run of a held source through; returns whether it was held. */
export async function releaseSource(db: Queryable, url: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update sources set released_at = now() where url = $1 and held_at is not null returning url',
    [url],
  );
  return rowCount > 0;
}
