import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { type DatasetLocation, datasetLocation, storageSettings } from '../../shared/storage-settings.ts';

/** The dataset that a command means: the one it names, that of the environment, or the folder of this machine. */
export function namedDataset(options: {
  dataset?: string | undefined;
  path?: string | undefined;
  data: string;
}): DatasetLocation {
  if (options.path) return { folder: options.path };
  const settings = loadConfig(z.object(storageSettings));
  const { dataset: id } = options;
  const named = datasetLocation(id ? { ...settings, EXPORT_TARGET: 'hub', EXPORT_REPO: id } : settings);
  return named ?? { folder: join(options.data, 'dataset') };
}
