import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { ExportFolderOptions } from '../export-folder.ts';

type SyncHfOptions = ExportFolderOptions & { incremental?: boolean };

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
      if (options.incremental && options.fullSync)
        throw new UsageError('choose --incremental or --full-sync, not both');
      const { exportToFolder } = await import('../export-folder.ts');
      const result = await exportToFolder(options);
      console.log(JSON.stringify(result, null, 2));
    });
}
