import type { Command } from 'commander';
import { DatasetAbsentError } from '../../../shared/dataset-source.ts';
import { ConfigError } from '../../../shared/errors.ts';
import type { Comparison } from '../compare-backends.ts';
import { UsageError } from '../errors.ts';
import { type GlobalOptions, parseInteger } from '../options.ts';

type CompareOptions = GlobalOptions & { days: number; sample: number; dataset?: string; path?: string; json?: boolean };

/** `compare-backends` */
export function addCompareBackendsCommand(program: Command): void {
  program
    .command('compare-backends')
    .description('hold Postgres and the dataset against each other; exit code 1 when anything differs')
    .option('--days <n>', 'the last days of publication, today included', parseInteger(1, 100_000), 7)
    .option('--sample <n>', 'articles of which all fields are compared', parseInteger(0, 1_000_000), 200)
    .option('--dataset <id>', 'a dataset on the Hugging Face Hub (default: EXPORT_REPO)')
    .option('--path <folder>', 'a folder that stands for the Hub (default: EXPORT_DIR, or dataset in the data folder)')
    .option('--json', 'print an object')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CompareOptions>();
      if (options.dataset && options.path) throw new UsageError('choose --dataset or --path, not both');
      const { formatComparison } = await import('../comparison-report.ts');
      const comparison = await compare(options).catch(usageErrorOf);
      console.log(options.json ? JSON.stringify(comparison, null, 2) : formatComparison(comparison));
      if (!comparison.is_equal) throw new Error('Postgres and the dataset differ');
    });
}

async function compare({ days, sample, ...options }: CompareOptions): Promise<Comparison> {
  const { compareBackends } = await import('../compare-backends.ts');
  const { namedDataset } = await import('../named-dataset.ts');
  const { withDatabase } = await import('../local-database.ts');
  const { openDataset } = await import('../../../shared/storage.ts');
  const { lastDays } = await import('../../../shared/window.ts');
  const dataset = openDataset(namedDataset(options));
  const window = lastDays(days, new Date());
  return await withDatabase(options, (db) => compareBackends({ window, sampleCount: sample }, { db, dataset }));
}

/** 1 is for a difference: what cannot be compared at all, by its settings or without a dataset, is a wrong call. */
function usageErrorOf(error: unknown): never {
  const isWrongCall = error instanceof ConfigError || error instanceof DatasetAbsentError;
  throw isWrongCall ? new UsageError(error.message, { cause: error }) : error;
}
