import type { Queryable } from '../../shared/database.ts';
import { readJournalState } from '../../shared/sql/journal.ts';
import type { Destinations } from './export-all.ts';
import { currentMonthStart } from './period.ts';
import { planExport } from './plan.ts';
import { listLedgerShards, listPeriods } from './sql.ts';

/** Whether changes were journaled for the dataset. */
export async function isJournalOpen(db: Queryable): Promise<boolean> {
  return (await readJournalState(db)).open > 0;
}

/**
 * Whether a dataset lacks what the table holds, journaled or not, as far as the ledger tells: by the digests of all
 * periods, from one scan of the export index.
 */
export async function isBehind({ full, reduced }: Destinations, now: Date, db: Queryable): Promise<boolean> {
  const periods = await listPeriods(db, currentMonthStart(now));
  for (const ref of reduced ? [full, reduced] : [full]) {
    const ledger = await listLedgerShards(db, ref);
    const tree = { files: new Map(ledger.map((shard) => [shard.path, shard])) };
    const { changed, vanished } = planExport({ periods, ledger, tree, fullSync: false });
    if (changed.length + vanished.length > 0) return true;
  }
  return false;
}
