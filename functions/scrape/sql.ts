import type { Queryable } from '../../shared/database.ts';
import type { Platform } from '../../shared/platform.ts';
import type { ListingPosition } from './extractors/extractor.ts';

/** What a run must know of its source. */
export interface SourceState {
  platform: Platform | null;
  isActive: boolean;
  disabledReason: string | null;
  userAgent: string | null;
  heldAt: Date | null;
  heldReason: string | null;
  /** The run that reads this is let through the breaker. */
  releasedAt: Date | null;
}

const sourceColumns = `platform, is_active as "isActive", disabled_reason as "disabledReason",
  user_agent as "userAgent", held_at as "heldAt", held_reason as "heldReason", released_at as "releasedAt"`;

/** Undefined for an address that is no source's. */
export async function readSource(db: Queryable, sourceUrl: string): Promise<SourceState | undefined> {
  const { rows } = await db.query<SourceState>(`select ${sourceColumns} from sources where url = $1`, [sourceUrl]);
  return rows[0];
}

/** Takes a source for one run, or keeps it, unless another run has it: until `releaseSource`, or `leaseMs` from now. */
export async function takeSource(db: Queryable, sourceUrl: string, token: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sources set lease_token = $2, lease_until = now() + make_interval(secs => $3::float8 / 1000)
     where url = $1 and (lease_until is null or lease_until < now() or lease_token = $2)`,
    [sourceUrl, token, leaseMs],
  );
  return rowCount > 0;
}

export async function releaseSource(db: Queryable, sourceUrl: string, token: string): Promise<void> {
  await db.query('update sources set lease_token = null, lease_until = null where url = $1 and lease_token = $2', [
    sourceUrl,
    token,
  ]);
}

/** Holds a source after its breaker has opened: its runs fail at once until an operator releases it. */
export async function holdSource(db: Queryable, sourceUrl: string, reason: string): Promise<void> {
  await db.query('update sources set held_at = now(), held_reason = $2, released_at = null where url = $1', [
    sourceUrl,
    reason,
  ]);
}

/** Remembers the engine that answered; a source that was released has used its pass. */
export async function rememberRun(db: Queryable, sourceUrl: string, platform: Platform): Promise<void> {
  await db.query(
    `update sources set platform = $2, held_at = null, held_reason = null, released_at = null
     where url = $1 and (platform is distinct from $2 or held_at is not null or released_at is not null)`,
    [sourceUrl, platform],
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

export async function finishScrapeRun(db: Queryable, id: number, end: ScrapeRunEnd): Promise<void> {
  await db.query(
    `update scrape_runs set status = $2, category = $3, error_message = $4, platform = $5, page_count = $6,
       item_count = $7, inserted_count = $8, updated_count = $9, unchanged_count = $10, rejected_count = $11,
       revisited_count = $12, removed_count = $13, continued_at = $14::jsonb, finished_at = now()
     where id = $1`,
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
      end.continueAt ? JSON.stringify(end.continueAt) : null,
    ],
  );
}

/** Hosts that may be asked: those of the sources in the catalogue. */
export async function listSourceHosts(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ host: string }>(
    "select distinct lower(substring(url from '^https://([^/:]+)')) as host from sources",
  );
  return rows.map((row) => row.host);
}
