/**
 * `npm run build [-- FUNCTION…] [--json]`: bundles functions into `dist/<function>/`, and the jobs of a release into
 * `dist/release/`; starts each function some times in a folder of its own to see that it does, and how fast.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type PipelineFunction, pipeline } from '../../shared/pipeline.ts';
import { environments } from '../gcp/environment.ts';
import { releaseJobs } from '../gcp/release-jobs.ts';
import { bundle, bundleManifest } from './bundle.ts';
import { startPostgresStandIn } from './postgres-stand-in.ts';
import { lockfileOf } from './production-dependencies.ts';
import { root } from './root.ts';
import { installBundle, startBundle } from './start-bundle.ts';
import { startEnvironment } from './start-environment.ts';

interface BuiltFunction {
  name: string;
  bytes: number;
  /** Median of the starts, in milliseconds; null where it was not started. */
  cold_start_ms: number | null;
}

interface BuildOptions {
  out: string;
  json?: boolean;
  start: boolean;
}

const starts = 5;

async function writeBundle(entry: string, name: string, folder: string) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const built = await bundle(entry, folder);
  const manifest = await bundleManifest(name, built.externals);
  await writeJson(join(folder, 'package.json'), manifest);
  await writeJson(join(folder, 'package-lock.json'), await lockfileOf(manifest));
  return built;
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function buildFunction(entry: PipelineFunction, { out, start }: BuildOptions): Promise<BuiltFunction> {
  const { name } = entry;
  const folder = join(out, name);
  const { bytes, externals } = await writeBundle(`functions/${name}/index.ts`, name, folder);
  return { name, bytes, cold_start_ms: start ? await measureStart(entry, folder, externals) : null };
}

/** Migrations and catalogue stand beside the jobs that read them, as they do in the repository. */
async function buildRelease(out: string): Promise<void> {
  const folder = join(out, 'release');
  await rm(folder, { recursive: true, force: true });
  for (const { name } of releaseJobs) await writeBundle(`infra/ci/${name}.ts`, name, join(folder, name));
  await cp(join(root, 'migrations'), join(folder, 'migrations'), { recursive: true });
  await cp(join(root, 'shared', 'catalogue'), join(folder, 'migrate', 'catalogue'), {
    recursive: true,
    filter: (source) => !source.endsWith('.ts'),
  });
}

async function measureStart(entry: PipelineFunction, folder: string, externals: readonly string[]): Promise<number> {
  const clean = await mkdtemp(join(tmpdir(), `start-${entry.name}-`));
  const postgres = await startPostgresStandIn();
  try {
    await installBundle(folder, externals, clean);
    const env = startEnvironment(entry, environments.prod, postgres.url);
    const times: number[] = [];
    for (let count = 0; count < starts; count++) {
      const started = await startBundle(entry.name, clean, env);
      await started.stop();
      times.push(started.startMs);
    }
    return Math.round(times.sort((a, b) => a - b)[Math.floor(starts / 2)]!);
  } finally {
    await postgres.close();
    await rm(clean, { recursive: true });
  }
}

async function buildAll(names: readonly string[], options: BuildOptions): Promise<void> {
  const functions: BuiltFunction[] = [];
  for (const entry of pipeline.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const built = await buildFunction(entry, options);
    functions.push(built);
    if (options.json) continue;
    const start = built.cold_start_ms === null ? '' : `, ready in ${built.cold_start_ms} ms`;
    console.log(`${built.name}: ${(built.bytes / 1e6).toFixed(2)} MB${start}`);
  }
  if (names.length === 0 || names.includes('release')) await buildRelease(options.out);
  if (options.json) console.log(JSON.stringify({ functions }));
}

function checkName(name: string, earlier: string[] = []): string[] {
  const known = [...pipeline.map((entry) => entry.name as string), 'release'];
  if (!known.includes(name)) throw new InvalidArgumentError(`must be one of ${known.join(', ')}`);
  return [...earlier, name];
}

const command = new Command('build')
  .description('bundle the functions, and start each')
  .argument('[functions...]', 'only these', checkName)
  .option('--out <folder>', 'where to write', join(root, 'dist'))
  .option('--no-start', 'do not start them')
  .option('--json', 'print one JSON object')
  .exitOverride()
  .action((names: string[], options: BuildOptions) => buildAll(names, options));

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
