/**
 * `node infra/ci/facts.ts --env prod`: what the scripts of a release need of the tables, as shell variables and as the list
 * of images, under `ci/` beside the bundles. The steps of a build that have no Node read these files.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { root } from '../build/root.ts';
import { type EnvironmentName, environments, openEnvironment } from '../gcp/environment.ts';
import { bucketNames, platformName } from '../gcp/scope.ts';
import { parseSettings } from '../gcp/settings.ts';
import { topologyOf } from '../gcp/topology.ts';

/** What the image is made of beside its folder. */
const dockerfiles = { function: 'infra/build/Dockerfile', release: 'infra/build/release.Dockerfile' } as const;

/** The image of a folder is named by all that is in it: one that is in the registry already need not be built. */
async function digestOf(folder: string, dockerfile: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(root, dockerfile)));
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const path of files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .sort()) {
    hash
      .update(path.slice(folder.length))
      .update('\0')
      .update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}

interface FactsOptions {
  env: EnvironmentName;
  set: Record<string, string>;
  dist: string;
}

async function writeFacts({ env, set, dist }: FactsOptions): Promise<void> {
  const environment = openEnvironment(env, set);
  const { project, region } = environment;
  const registry = `${region}-docker.pkg.dev/${project}/${platformName}`;
  const functions = topologyOf(environment).functions;
  const image = async (name: string, dockerfile: string) =>
    `${name} ${registry}/${name}:${await digestOf(join(dist, name), dockerfile)} ${dockerfile}`;
  const images = [
    ...(await Promise.all(functions.map(({ name }) => image(name, dockerfiles.function)))),
    await image('release', dockerfiles.release),
  ];
  const variables = {
    ENVIRONMENT: env,
    PROJECT: project,
    REGION: region,
    PUBLIC_FUNCTION: functions.find(({ isPublic }) => isPublic)?.name ?? '',
    SOURCES: `gs://${bucketNames(environment).sources}`,
  };
  await mkdir(join(dist, 'ci'), { recursive: true });
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  await writeFile(join(dist, 'ci', 'facts.env'), `${lines.join('\n')}\n`);
  await writeFile(join(dist, 'ci', 'images'), `${images.join('\n')}\n`);
}

await new Command('facts')
  .addOption(new Option('--env <name>').choices(Object.keys(environments)).makeOptionMandatory())
  .option('--set <path=value>', 'a setting of the environment', parseSettings, {})
  .option('--dist <folder>', 'where the bundles are', join(root, 'dist'))
  .action(writeFacts)
  .parseAsync();
