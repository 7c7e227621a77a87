/**
 * `npm run synth -- --env prod`: writes Terraform's JSON to `dist/gcp/<env>/main.tf.json`. With `--update` it also keeps
 * the readable summary beside this file; with `--json` it prints counts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { ConfigError } from '../../shared/errors.ts';
import { type EnvironmentName, environments, openEnvironment } from './environment.ts';
import { parseSettings } from './settings.ts';
import { countResources, type SynthReport, summarize } from './summary.ts';
import { summaryPath } from './summary-path.ts';
import { synthesize } from './synthesize.ts';
import { topologyOf } from './topology.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface SynthOptions {
  env: EnvironmentName;
  set: Record<string, string>;
  out: string;
  update?: boolean;
  json?: boolean;
}

async function synth({ env, set, out, update, json }: SynthOptions): Promise<void> {
  const environment = openEnvironment(env, set);
  const topology = topologyOf(environment);
  const config = synthesize(topology, environment);
  const folder = join(out, env);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'main.tf.json');
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`);
  if (update) await writeFile(summaryPath(env), summarize(config, topology, environment));
  const report: SynthReport = { ...countResources(config), seconds: Math.round(performance.now()) / 1000 };
  console.log(json ? JSON.stringify(report) : `${path}: ${report.resources} resources`);
}

const command = new Command('synth')
  .description('write the resources of an environment as JSON for Terraform')
  .addOption(new Option('--env <name>', 'which one').choices(Object.keys(environments)).makeOptionMandatory())
  .option('--set <path=value>', 'a setting of the environment, e.g. database.tier=db-g1-small', parseSettings, {})
  .option('--out <folder>', 'where to write', join(root, 'dist', 'gcp'))
  .option('--update', 'keep the summary of the planned resources in the repository')
  .option('--json', 'print one JSON object')
  .exitOverride()
  .action((options: SynthOptions) => {
    if (options.update && Object.keys(options.set).length > 0) {
      throw new ConfigError('The summary is of an environment as it is in the repository: --update goes without --set');
    }
    return synth(options);
  });

try {
  await command.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof ConfigError) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}
