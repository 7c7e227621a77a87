import type { Queryable } from '../../shared/database.ts';

/** Runs are kept this long; the first run and the last success of each source for ever. */
const runDays = 180;
/** Rows of the quarantine are kept this long after they were closed. */
const closedDays = 90;

/** Deletes old runs of sources, at most `limit`; returns how many. */
export async function pruneScrapeRuns(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from scrape_runs where id in (
       select id from scrape_runs as old
       where started_at < now() - make_interval(days => $1)
         and exists (select from scrape_runs where source_url = old.source_url and started_at < old.started_at)
         and (status <> 'succeeded' or exists (select from scrape_runs
           where source_url = old.source_url and status = 'succeeded' and started_at > old.started_at))
       order by started_at limit $2)`,
    [runDays, limit],
  );
  return rowCount;
}

/** Deletes rows of the quarantine that were closed long ago, at most `limit`; returns how many. */
export async function pruneQuarantine(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from quarantine where id in (
       select id from quarantine where closed_at < now() - make_interval(days => $1) order by closed_at limit $2)`,
    [closedDays, limit],
  );
  return rowCount;
}
