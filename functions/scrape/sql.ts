import type { Queryable } from '../../shared/database.ts';
import type { Platform } from '../../shared/platform.ts';
import type { ListingPosition } from './extractors/extractor.ts';

/** What a run must know of its source; names are those of `sources`, as in the rules of its health. */
export interface SourceForRun {
  agency_key: string;
  platform: Platform | null;
  is_active: boolean;
  disabled_reason: string | null;
  user_agent: string | null;
  held_at: Date | null;
  held_reason: string | null;
  released_at: Date | null;
}

/** Undefined for an address that is no source's. */
export async function readSource(db: Queryable, sourceUrl: string): Promise<SourceForRun | undefined> {
  const { rows } = await db.query<SourceForRun>(
    `select agency_key, platform, is_active, disabled_reason, user_agent, held_at, held_reason, released_at
     from sources where url = $1`,
    [sourceUrl],
  );
  return rows[0];
}

/** Takes a source for one run, unless another run has it: until `endTurn`, or `leaseMs` from now. */
export async function takeTurn(db: Queryable, sourceUrl: string, token: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sources set lease_token = $2, lease_until = now() + make_interval(secs => $3::float8 / 1000)
     where url = $1 and (lease_until is null or lease_until < now())`,
    [sourceUrl, token, leaseMs],
  );
  return rowCount > 0;
}

/** Keeps a source; false when it is not held (any more). */
export async function renewTurn(db: Queryable, sourceUrl: string, token: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sources set lease_until = now() + make_interval(secs => $3::float8 / 1000)
     where url = $1 and lease_token = $2`,
    [sourceUrl, token, leaseMs],
  );
  return rowCount > 0;
}

export async function endTurn(db: Queryable, sourceUrl: string, token: string): Promise<void> {
  await db.query('update sources set lease_token = null, lease_until = null where url = $1 and lease_token = $2', [
    sourceUrl,
    token,
  ]);
}

/** Holds a source after its breaker has opened: its runs fail at once until an operator releases it. */
export async function holdSource(db: Queryable, sourceUrl: string, reason: string): Promise<void> {
  await db.query('update sources set held_at = now(), held_reason = $2 where url = $1', [sourceUrl, reason]);
}

/** Ends what an operator's release lets through, once all that was due then has been visited. */
export async function endRelease(db: Queryable, sourceUrl: string): Promise<void> {
  await db.query(
    `update sources set held_at = null, held_reason = null
     where url = $1 and released_at >= held_at
       and not exists (
         select from pages join news using (agency_key, canonical_url)
         where source_url = $1 and next_visit_at <= released_at and visited_at < released_at and removed_at is null)`,
    [sourceUrl],
  );
}

/** Remembers the engine that answered. */
export async function rememberPlatform(db: Queryable, sourceUrl: string, platform: Platform): Promise<void> {
  await db.query('update sources set platform = $2 where url = $1 and platform is distinct from $2', [
    sourceUrl,
    platform,
  ]);
}

/** Closes failures of runs whose days a run has read to the end. */
export async function closeFailedWindows(db: Queryable, run: Omit<ScrapeRunStart, 'agencyKey'>): Promise<void> {
  await db.query(
    `update quarantine set closed_at = now()
     where stage = 'scrape' and closed_at is null and data->>'source_url' = $1 and starts_with(subject, $1 || ' ')
       and data->>'start_date' >= $2 and data->>'end_date' <= $3`,
    [run.sourceUrl, run.startDate, run.endDate],
  );
}

export interface ScrapeRunStart {
  agencyKey: string;
  sourceUrl: string;
  startDate: string;
  endDate: string;
}

export interface ScrapeRunEnd {
  status: 'succeeded' | 'failed';
  category?: string | undefined;
  errorMessage?: string | undefined;
  platform?: string | undefined;
  pages?: number | undefined;
  itemsSeen?: number | undefined;
  inserted?: number | undefined;
  updated?: number | undefined;
  unchanged?: number | undefined;
  rejected?: number | undefined;
  revisited?: number | undefined;
  removed?: number | undefined;
  continueAt?: ListingPosition | null | undefined;
  revisitAfter?: string | null | undefined;
}

/** Opens the record of a run; returns its id. */
export async function insertScrapeRun(db: Queryable, run: ScrapeRunStart): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
     values ($1, $2, $3, $4, 'running') returning id`,
    [run.agencyKey, run.sourceUrl, run.startDate, run.endDate],
  );
  return rows[0]!.id;
}

/** Closes what earlier runs of a source left open: whoever holds the source knows that they have ended. */
export async function closeAbandonedRuns(db: Queryable, sourceUrl: string): Promise<void> {
  await db.query(
    `update scrape_runs set status = 'failed', category = 'unknown', finished_at = now(),
       error_message = 'ended without a result: its process was stopped'
     where source_url = $1 and status = 'running'`,
    [sourceUrl],
  );
}

/** Closes the record of a run; one that another run has closed as abandoned stays as it is. */
export async function finishScrapeRun(db: Queryable, id: number, end: ScrapeRunEnd): Promise<void> {
  await db.query(
    `update scrape_runs set status = $2, category = $3, error_message = $4, platform = $5, page_count = $6,
       item_count = $7, inserted_count = $8, updated_count = $9, unchanged_count = $10, rejected_count = $11,
       revisited_count = $12, removed_count = $13, continued_at = $14::jsonb, finished_at = now()
     where id = $1 and status = 'running'`,
    [
      id,
      end.status,
      end.category ?? null,
      end.errorMessage ?? null,
      end.platform ?? null,
      end.pages ?? null,
      end.itemsSeen ?? null,
      end.inserted ?? null,
      end.updated ?? null,
      end.unchanged ?? null,
      end.rejected ?? null,
      end.revisited ?? null,
      end.removed ?? null,
      continuation(end),
    ],
  );
}

function continuation({ continueAt, revisitAfter }: ScrapeRunEnd): string | null {
  return continueAt || revisitAfter ? JSON.stringify({ ...continueAt, revisitAfter }) : null;
}

/** Hosts that may be asked: those of the sources in the catalogue. */
export async function listSourceHosts(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ host: string }>(
    "select distinct lower(substring(url from '^https://([^/:]+)')) as host from sources",
  );
  return rows.map((row) => row.host);
}
