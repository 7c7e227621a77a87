import type { z } from 'zod';
import { openDatasetFolder } from '../../shared/dataset-folder.ts';
import { type DatasetSource, isShardPath } from '../../shared/dataset-source.ts';
import { type HubOptions, openHubSource } from '../../shared/hub-files.ts';
import { type SecretConfig, secretOf } from '../../shared/secret-settings.ts';
import type { config } from './config.ts';

/** Where a dataset is: on the Hub, or in a folder. */
export type SourcePlace = { dataset: string; revision?: string | undefined } | { path: string };

/**
 * Opens a dataset: all Parquet files of a folder; on the Hub the shards that its card names, where it has such.
 *
 * @throws {PermanentError} when it is not there, or holds no Parquet file.
 */
export async function openSource(place: SourcePlace, hub: HubOptions): Promise<DatasetSource> {
  if ('path' in place) return await openDatasetFolder(place.path);
  return shardsAlone(await openHubSource(place.dataset, place.revision ?? 'main', hub));
}

/** Without what others put beside the shards, which loaders do not read either. */
function shardsAlone(source: DatasetSource): DatasetSource {
  const files = source.files.filter(({ path }) => isShardPath(path));
  if (files.length === 0) return source;
  const others = source.files.map(({ path }) => path).filter((path) => !isShardPath(path));
  return { ...source, files, leftOut: [...source.leftOut, ...others].sort() };
}

export function hubOptions(
  settings: Pick<z.infer<typeof config>, 'HF_ENDPOINT'> & SecretConfig<'HF_TOKEN'>,
): HubOptions {
  const token = secretOf(settings, 'HF_TOKEN');
  return { endpoint: settings.HF_ENDPOINT, ...(token ? { token } : {}) };
}
