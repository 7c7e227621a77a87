import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { ExportDatasetsOptions } from '../export-datasets.ts';

type SyncHfOptions = ExportDatasetsOptions & { incremental?: boolean };

/** `sync-hf` */
export function addSyncHfCommand(program: Command): void {
  program
    .command('sync-hf')
    .description('bring the open dataset on the Hugging Face Hub, or in a folder, to what the database holds')
    .option('--repo <namespace/name>', 'the dataset on the Hub (default: EXPORT_REPO); HF_TOKEN must be set')
    .option('--reduced-repo <namespace/name>', 'the dataset of four columns (default: EXPORT_REDUCED_REPO, else none)')
    .option('--out <folder>', 'write to a folder instead (the default where no EXPORT_… is set: dataset, in --data)')
    .option('--incremental', 'write only periods that changed (the default)')
    .option('--full-sync', 'write every period anew, and upload what differs')
    .option('--dry-run', 'only say what would change: periods, files added and deleted; and the bytes that stand now')
    .addHelpText(
      'after',
      `
Environment: EXPORT_TARGET (hub or folder; else folder where EXPORT_DIR is set, hub where EXPORT_REPO is), EXPORT_DIR,
EXPORT_REPO, EXPORT_REDUCED_REPO, EXPORT_BRANCH (main), EXPORT_CODEC (zstd or snappy), EXPORT_MAX_SHARD_MB (128),
HF_TOKEN (write access; or HF_TOKEN_SECRET, where Secret Manager keeps it), HF_ENDPOINT (https://huggingface.co). Flags
go first. The result is one JSON object.`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<SyncHfOptions>();
      if (options.incremental && options.fullSync)
        throw new UsageError('choose --incremental or --full-sync, not both');
      const { exportDatasets } = await import('../export-datasets.ts');
      const result = await exportDatasets(options);
      console.log(JSON.stringify(result, null, 2));
    });
}
