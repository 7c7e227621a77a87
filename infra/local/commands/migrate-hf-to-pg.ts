import { type Command, InvalidArgumentError } from 'commander';
import { type Repair, repairs } from '../../../functions/import/repair.ts';
import { UsageError } from '../errors.ts';
import type { MigrateHfOptions } from '../import.ts';
import { parseInteger, parseList } from '../options.ts';

/** `migrate-hf-to-pg` */
export function addMigrateHfToPgCommand(program: Command): void {
  program
    .command('migrate-hf-to-pg')
    .description('bring the articles of the open dataset into the database, and validate them')
    .option('--dataset <id>', 'a dataset on the Hugging Face Hub (HF_ENDPOINT, HF_TOKEN)')
    .option('--revision <revision>', 'its branch, tag or commit (default: main)')
    .option('--path <folder>', 'a folder of Parquet files, in place of a dataset')
    .option('--batch-size <n>', 'rows of a transaction', parseInteger(1, 5000), 1000)
    .option('--max-records <n>', 'stop after this many rows', parseInteger(1))
    .option(
      '--resume',
      'go on where the last import of the source stopped, with its repairs and its choice on agencies',
    )
    .option('--changed', 'only files that are not as our last export left them: what others published since')
    .option('--create-agencies', 'make agencies and themes that only the data knows')
    .option('--repair <list>', `none, all, or some of ${repairs.join(',')}`, parseRepairs, [...repairs])
    .option('--json', 'print the figures and the validation as one object')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<MigrateHfOptions>();
      checkPlace(options);
      const { migrateHfToPg } = await import('../import.ts');
      await migrateHfToPg(options);
    });
}

/** @throws {UsageError} unless one place is named. */
export function checkPlace({ dataset, path, revision }: { dataset?: string; path?: string; revision?: string }): void {
  if (Boolean(dataset) === Boolean(path)) throw new UsageError('give one of --dataset and --path');
  if (path && revision) throw new UsageError('--revision goes with --dataset');
}

function parseRepairs(text: string): Repair[] {
  if (text === 'all') return [...repairs];
  if (text === 'none') return [];
  return parseList(text).map((name) => {
    const repair = repairs.find((known) => known === name);
    if (!repair) throw new InvalidArgumentError(`must be none, all, or some of ${repairs.join(',')}`);
    return repair;
  });
}
