import { join } from 'node:path';
import { type ExportResult, exportDataset } from '../../functions/export/export.ts';
import { createFolderTarget } from '../../functions/export/folder-target.ts';
import { cliLogger } from './cli-deps.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';

export type ExportFolderOptions = GlobalOptions & { out?: string; fullSync?: boolean; dryRun?: boolean };

/** Brings the dataset in a folder to what the database holds. */
export async function exportToFolder(options: ExportFolderOptions): Promise<ExportResult> {
  const folder = options.out ?? join(options.data, 'dataset');
  const { fullSync = false, dryRun = false } = options;
  return await withDatabase(options, (db) => {
    const progress = createProgress();
    return exportDataset(
      { repo: folder, branch: 'main', now: new Date(), fullSync, dryRun },
      {
        db,
        target: createFolderTarget(folder),
        log: cliLogger(options),
        progress: ({ period, periodsDone, periodCount, rowsWritten }) =>
          progress.update(`${period}: ${periodsDone} of ${periodCount} periods, ${rowsWritten} rows`),
      },
    );
  });
}
