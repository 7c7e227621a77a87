import { type Command, Option } from 'commander';
import { type EnvironmentName, environments } from '../../gcp/environment.ts';
import { parseSettings } from '../../gcp/settings.ts';
import { parseInteger } from '../options.ts';

interface CostOptions {
  articlesPerDay: number;
  backfill: number;
  env: EnvironmentName;
  set: Record<string, string>;
  json?: boolean;
}

/** `cost` */
export function addCostCommand(program: Command): void {
  program
    .command('cost')
    .description(
      'compute the monthly bill of the deployment, with both search indexes, and at ten and a hundred times the volume',
    )
    .option('--articles-per-day <n>', 'new articles', parseInteger(1, 10_000_000), 500)
    .option('--backfill <n>', 'articles of the archive', parseInteger(0, 1_000_000_000), 300_000)
    .addOption(new Option('--env <name>', 'which environment').choices(Object.keys(environments)).default('prod'))
    .option(
      '--set <path=value>',
      'a setting of the environment, e.g. database.tier=db-custom-1-3840',
      parseSettings,
      {},
    )
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { articlesPerDay, backfill, env, set, json } = command.optsWithGlobals<CostOptions>();
      const { compareCosts, describeCosts } = await import('../cost-report.ts');
      const report = compareCosts({ articlesPerDay, archive: backfill }, { env, settings: set });
      console.log(json ? JSON.stringify(report) : describeCosts(report));
    });
}
