import type { Queryable } from '../../shared/database.ts';

/**
 * What the last failed run of a source over this window said; undefined when none is on record. The days are compared
 * as text: those of a dead letter need not be days.
 */
export async function findLastRunError(
  db: Queryable,
  run: { sourceUrl: string; startDate: string; endDate: string },
): Promise<string | undefined> {
  const { rows } = await db.query<{ error: string | null }>(
    `select error_message as error from scrape_runs
     where source_url = $1 and status = 'failed'
       and to_char(start_date, 'YYYY-MM-DD') = $2 and to_char(end_date, 'YYYY-MM-DD') = $3
     order by started_at desc limit 1`,
    [run.sourceUrl, run.startDate, run.endDate],
  );
  return rows[0]?.error ?? undefined;
}
