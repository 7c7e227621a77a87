import type { Command } from 'commander';
import type { ImportPlaceOptions } from '../import.ts';
import { parseInteger } from '../options.ts';
import { checkPlace } from './migrate-hf-to-pg.ts';

/** `validate-migration` */
export function addValidateMigrationCommand(program: Command): void {
  program
    .command('validate-migration')
    .description('hold the articles of the open dataset against the database; exit code 1 when they differ')
    .option('--dataset <id>', 'a dataset on the Hugging Face Hub (HF_ENDPOINT, HF_TOKEN)')
    .option('--revision <revision>', 'its branch, tag or commit (default: that of its import, or main)')
    .option('--path <folder>', 'a folder of Parquet files, in place of a dataset')
    .option('--max-records <n>', 'only the first rows', parseInteger(1))
    .option('--json', 'print an object')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ImportPlaceOptions>();
      checkPlace(options);
      const { validateMigration } = await import('../import.ts');
      await validateMigration(options);
    });
}
