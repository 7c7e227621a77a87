import { join } from 'node:path';
import type { Command } from 'commander';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { createLogger, silentLogger } from '../../../shared/log.ts';
import { UsageError } from '../errors.ts';
import { withDatabase } from '../local-database.ts';
import type { GlobalOptions } from '../options.ts';
import { createProgress } from '../progress.ts';

type SyncHfOptions = GlobalOptions & { out?: string; fullSync?: boolean; incremental?: boolean; dryRun?: boolean };

/** `sync-hf` */
export function addSyncHfCommand(program: Command): void {
  program
    .command('sync-hf')
    .description('write the open dataset as Parquet shards to a folder that stands for the Hugging Face Hub')
    .option('--out <folder>', 'the folder (default: dataset in the data folder)')
    .option('--incremental', 'write only periods that changed (the default)')
    .option('--full-sync', 'write every period anew')
    .option('--dry-run', 'only say which periods changed')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<SyncHfOptions>();
      if (options.incremental && options.fullSync) throw new UsageError('choose --incremental or --full-sync, not both');
      const folder = options.out ?? join(options.data, 'dataset');
      const result = await withDatabase(options, (db) => {
        const progress = createProgress();
        return exportDataset(
          {
            repo: folder,
            branch: 'main',
            now: new Date(),
            ...(options.fullSync ? { fullSync: true } : {}),
            ...(options.dryRun ? { dryRun: true } : {}),
          },
          {
            db,
            target: createFolderTarget(folder),
            log: options.verbose ? createLogger((line) => process.stderr.write(line)) : silentLogger,
            progress: (state) =>
              progress.update(`${state.period}: ${state.periodsDone} of ${state.periodCount} periods, ${state.rowsWritten} rows`),
          },
        );
      });
      console.log(JSON.stringify(result, null, 2));
    });
}
