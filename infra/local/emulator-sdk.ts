import { execFile } from 'node:child_process';
import { access, readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';

const run = promisify(execFile);
const jarFolder = join('platform', 'pubsub-emulator', 'lib');
const environment = z.object({
  PATH: z.string().default(''),
  GOOGLE_CLOUD_SDK: z.string().optional(),
  CLOUDSDK_ROOT: z.string().optional(),
});

/** The emulator cannot be started on this machine; the text says how to get it. */
export class NoEmulatorError extends Error {
  override name = 'NoEmulatorError';
  /** Whether the Google Cloud SDK is there, and only a part is missing. */
  hasSdk: boolean;
  constructor(message: string, hasSdk: boolean) {
    super(message);
    this.hasSdk = hasSdk;
  }
}

/**
 * Finds the Pub/Sub emulator of the Google Cloud SDK: in the folder of GOOGLE_CLOUD_SDK or CLOUDSDK_ROOT, else in that
 * of the `gcloud` on the PATH. Links are resolved, and gcloud is asked only where the folder does not show: it takes
 * half a second.
 *
 * @returns the path of its jar.
 * @throws {NoEmulatorError} where there is no such jar, or no Java to run it.
 */
export async function findEmulator(env?: NodeJS.ProcessEnv): Promise<string> {
  const { PATH: path, GOOGLE_CLOUD_SDK, CLOUDSDK_ROOT } = loadConfig(environment, env);
  const roots = [GOOGLE_CLOUD_SDK, CLOUDSDK_ROOT].filter((root) => root !== undefined);
  const gcloud = await findOnPath('gcloud', path);
  if (gcloud) roots.push(dirname(dirname(await realpath(gcloud))));
  const jar = (await firstJar(roots)) ?? (gcloud && (await firstJar([await askRoot(gcloud)])));
  if (!jar && roots.length === 0) {
    throw new NoEmulatorError(
      'No Google Cloud SDK is found: install it (https://cloud.google.com/sdk/docs/install) and "gcloud components install pubsub-emulator", or set PUBSUB_EMULATOR_HOST to an emulator that runs',
      false,
    );
  }
  if (!jar) {
    throw new NoEmulatorError(
      'The Google Cloud SDK has no Pub/Sub emulator: "gcloud components install pubsub-emulator" (of Debian packages: "apt-get install google-cloud-cli-pubsub-emulator")',
      true,
    );
  }
  if (!(await findOnPath('java', path))) {
    throw new NoEmulatorError('The Pub/Sub emulator needs Java 11 or later, and no "java" is on the PATH', true);
  }
  return jar;
}

async function firstJar(roots: readonly string[]): Promise<string | undefined> {
  for (const root of roots) {
    const folder = join(root, jarFolder);
    const jars = (await readdir(folder).catch(() => [])).filter((name) => /^cloud-pubsub-emulator.*\.jar$/.test(name));
    if (jars[0]) return join(folder, jars.sort().at(-1)!);
  }
  return undefined;
}

async function findOnPath(command: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, command);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

/** The folder of an SDK whose `gcloud` is a script elsewhere; empty when it does not tell. */
async function askRoot(gcloud: string): Promise<string> {
  const asked = run(gcloud, ['info', '--format=value(installation.sdk_root)'], { timeout: 20_000 });
  return await asked.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}
