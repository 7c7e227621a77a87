import { resolve } from 'node:path';
import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { ConfigError } from '../../shared/errors.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { openHubDataset } from '../../shared/hub.ts';
import { secretOf, secretSettings } from '../../shared/secret-settings.ts';
import type { Destinations } from './export-all.ts';
import { createFolderTarget } from './folder-target.ts';
import { createHubTarget } from './hub-target.ts';

/** Where the datasets go. */
export const destinationSettings = {
  /** Unless it says so: `folder` where EXPORT_DIR is set, else `hub`. */
  EXPORT_TARGET: z.enum(['hub', 'folder']).optional(),
  /** Folder that stands for the Hub. */
  EXPORT_DIR: z.string().optional(),
  /**
   * The full dataset on the Hub, `namespace/name`; of a folder, its name in the ledger, which is
   * its path unless given. `GET /status` shows it.
   */
  EXPORT_REPO: z.string().optional(),
  /** The dataset of four columns on the Hub; without it there is none. */
  EXPORT_REDUCED_REPO: z.string().optional(),
  EXPORT_BRANCH: z.string().default('main'),
  ...secretSettings(
    'HF_TOKEN',
    z
      .string()
      .regex(/^hf_\S+$/, 'must be a token of the Hub, which begins with hf_')
      .optional(),
  ),
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
};

export const shardSettings = {
  EXPORT_CODEC: z.enum(['zstd', 'snappy']).default('zstd'),
  /** Size from which a period goes on in another shard; it is looked at after each row group, of 24 MB of text at most. */
  EXPORT_MAX_SHARD_MB: integer(1, 5_000).default(128),
};

export const config = z.object({ ...functionSettings, ...destinationSettings, ...shardSettings });

const destinationConfig = z.object(destinationSettings);

/**
 * Opens what the settings name.
 *
 * @throws {ConfigError} when a setting is missing that the target needs.
 */
export function openDestinations(settings: z.infer<typeof destinationConfig>): Destinations {
  const { EXPORT_DIR: folder, EXPORT_REPO: repo, EXPORT_REDUCED_REPO: reducedRepo, EXPORT_BRANCH: branch } = settings;
  const kind = settings.EXPORT_TARGET ?? (folder ? 'folder' : 'hub');
  if (kind === 'folder') {
    if (!folder)
      throw new ConfigError('The environment is not usable. EXPORT_DIR is not set, and EXPORT_TARGET is folder');
    const path = resolve(folder);
    return { full: { target: createFolderTarget(path), repo: repo ?? path, branch } };
  }
  const token = secretOf(settings, 'HF_TOKEN');
  const problems = [
    ...(token ? [] : ['HF_TOKEN is not set']),
    ...(repo ? [] : ['EXPORT_REPO is not set']),
    ...Object.entries({ EXPORT_REPO: repo, EXPORT_REDUCED_REPO: reducedRepo })
      .filter(([, name]) => name && !isRepoName(name))
      .map(([variable, name]) => `${variable} is "${name}", not namespace/name`),
    ...(repo && repo === reducedRepo ? ['EXPORT_REDUCED_REPO is the same as EXPORT_REPO'] : []),
  ];
  if (problems.length > 0 || !token || !repo) {
    throw new ConfigError(`The environment is not usable for an export to the Hub. ${problems.join('; ')}`);
  }
  const open = (name: string) => {
    const endpoint = settings.HF_ENDPOINT.replace(/\/+$/, '');
    return { target: createHubTarget(openHubDataset({ endpoint, token, repo: name, branch })), repo: name, branch };
  };
  return { full: open(repo), ...(reducedRepo ? { reduced: open(reducedRepo) } : {}) };
}

/** Whether a text can name a repository on the Hub: `namespace/name`. */
export function isRepoName(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text);
}
