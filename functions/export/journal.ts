import type { Database } from '../../shared/database.ts';
import { errorText } from '../../shared/errors.ts';
import { readJournalState } from '../../shared/sql/journal.ts';
import { createStorage } from '../../shared/storage.ts';
import type { StorageBackendName } from '../../shared/storage-settings.ts';
import type { ExportDeps } from './export.ts';
import { type Destinations, type ExportAllOptions, type ExportAllResult, exportAll } from './export-all.ts';
import { refuseForeignShards } from './foreign-shards.ts';
import { type FlushRun, recordFlush } from './journal-sql.ts';

/** Bounds the memory of a run, some 20 MB; what is more waits for the next one. */
const maxRecords = 100_000;

/** Whether something waits for the dataset. */
export async function isJournalOpen(db: Database): Promise<boolean> {
  return (await readJournalState(db)).open > 0;
}

/**
 * Brings both datasets to what the table holds, and strikes off the journal what the run brought there: changes that
 * stood in it before the run looked at the table. Those made since stay. A run that fails strikes off nothing, and is on
 * record.
 *
 * @param options.storageBackend with `huggingface`, shards that others published are not deleted.
 * @throws {PermanentError} when there are such shards, unless a full sync is asked for.
 */
export async function exportAndFlush(
  destinations: Destinations,
  options: ExportAllOptions & { storageBackend?: StorageBackendName },
  deps: Omit<ExportDeps, 'target'>,
): Promise<ExportAllResult & { journalFlushed: number }> {
  const { storageBackend, ...exportOptions } = options;
  const run = async () => {
    if (storageBackend === 'huggingface' && !options.fullSync) await refuseForeignShards(destinations.full, deps.db);
    return await exportAll(destinations, exportOptions, deps);
  };
  return options.dryRun ? { ...(await run()), journalFlushed: 0 } : await flushing(deps.db, run);
}

async function flushing<T extends object>(
  db: Database,
  runExport: () => Promise<T>,
): Promise<T & { journalFlushed: number }> {
  const storage = createStorage({ db });
  const records = await storage.recordsForHubSync(maxRecords);
  const record = async (run: Omit<FlushRun, 'startedAt'>) => {
    if (records.length > 0) await recordFlush(db, { startedAt, ...run });
  };
  const startedAt = new Date();
  try {
    const result = await runExport();
    const journalFlushed = await storage.markSyncedToHub(records);
    await record({ status: 'succeeded', flushedCount: journalFlushed });
    return { ...result, journalFlushed };
  } catch (error) {
    // Where the database is what failed, the export's own error is the one to tell.
    await Promise.allSettled([record({ status: 'failed', failedCount: records.length, error: errorText(error) })]);
    throw error;
  }
}
