import type { Queryable } from '../../shared/database.ts';

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
}

/** Opens the record of a run; returns its id. A run that never ends stays `running`. */
export async function insertScrapeRun(db: Queryable, run: ScrapeRunStart): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
     values ($1, $2, $3, $4, 'running') returning id`,
    [run.agencyKey, run.sourceUrl, run.startDate, run.endDate],
  );
  return rows[0]!.id;
}

export async function finishScrapeRun(db: Queryable, id: number, end: ScrapeRunEnd): Promise<void> {
  await db.query(
    `update scrape_runs set status = $2, category = $3, error_message = $4, platform = $5, page_count = $6,
       item_count = $7, inserted_count = $8, updated_count = $9, unchanged_count = $10, rejected_count = $11,
       finished_at = now()
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
