import type { Database } from '../../shared/database.ts';
import { errorText } from '../../shared/errors.ts';
import type { JournalRecord } from '../../shared/sql/journal.ts';
import { createStorage, type StorageBackend } from '../../shared/storage.ts';
import type { StorageBackendName } from '../../shared/storage-settings.ts';
import type { ExportDeps } from './export.ts';
import { type Destinations, type ExportAllOptions, type ExportAllResult, exportAll } from './export-all.ts';
import { type FlushRun, recordFlush } from './journal-sql.ts';

/** Read and struck off at once. */
const pageRecords = 10_000;

export type ExportRunOptions = Omit<ExportAllOptions, 'keepsForeign'> & {
  /** With `huggingface`, shards that others published are not deleted. */
  storageBackend?: StorageBackendName;
};

/**
 * Brings the datasets to what the table holds.
 *
 * @throws {PermanentError} when others published shards that are to be kept, unless a full sync is asked for.
 */
export async function runExport(
  destinations: Destinations,
  { storageBackend, ...options }: ExportRunOptions,
  deps: Omit<ExportDeps, 'target'>,
): Promise<ExportAllResult> {
  return await exportAll(destinations, { ...options, keepsForeign: storageBackend === 'huggingface' }, deps);
}

/**
 * Brings the datasets that readers have to what the table holds, and strikes off the journal what the run brought there:
 * changes that stood in it before the run looked at the table. Those made since stay. A run that fails strikes off
 * nothing, and is on record.
 *
 * @throws {PermanentError} as `runExport` does.
 */
export async function exportAndFlush(
  destinations: Destinations,
  options: ExportRunOptions,
  deps: Omit<ExportDeps, 'target'>,
): Promise<ExportAllResult & { journalFlushed: number }> {
  const run = () => runExport(destinations, options, deps);
  return options.dryRun ? { ...(await run()), journalFlushed: 0 } : await flushing(deps.db, run);
}

async function flushing<T extends object>(
  db: Database,
  run: () => Promise<T>,
): Promise<T & { journalFlushed: number }> {
  const storage = createStorage({ db });
  const pages = await readJournal(storage);
  const record = async (flush: Omit<FlushRun, 'startedAt'>) => {
    if (pages.length > 0) await recordFlush(db, { startedAt, ...flush });
  };
  const startedAt = new Date();
  try {
    const result = await run();
    let journalFlushed = 0;
    for (const page of pages) journalFlushed += await storage.markSyncedToHub(page);
    await record({ status: 'succeeded', flushedCount: journalFlushed });
    return { ...result, journalFlushed };
  } catch (error) {
    const failedCount = pages.reduce((count, page) => count + page.length, 0);
    // Where the database is what failed, the export's own error is the one to tell.
    await Promise.allSettled([record({ status: 'failed', failedCount, error: errorText(error) })]);
    throw error;
  }
}

/** All of it, before the run looks at the table: some 120 bytes a change, of which there is one an article at most. */
async function readJournal(storage: StorageBackend): Promise<JournalRecord[][]> {
  const pages: JournalRecord[][] = [];
  for (let after: JournalRecord | undefined; ; ) {
    const page = await storage.recordsForHubSync(pageRecords, after);
    if (page.length === 0) return pages;
    pages.push(page);
    after = page.at(-1);
  }
}
