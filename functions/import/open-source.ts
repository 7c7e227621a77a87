import type { z } from 'zod';
import { openDatasetFolder } from '../../shared/dataset-folder.ts';
import type { DatasetSource } from '../../shared/dataset-source.ts';
import { type HubOptions, openHubDataset } from '../../shared/hub-files.ts';
import type { config } from './config.ts';

/** Where a dataset is: on the Hub, or in a folder. */
export type SourcePlace = { dataset: string; revision?: string | undefined } | { path: string };

/** @throws {PermanentError} when it is not there, or holds no Parquet file. */
export function openSource(place: SourcePlace, hub: HubOptions): Promise<DatasetSource> {
  return 'path' in place ? openDatasetFolder(place.path) : openHubDataset(place.dataset, place.revision ?? 'main', hub);
}

export function hubOptions(settings: Pick<z.infer<typeof config>, 'HF_ENDPOINT' | 'HF_TOKEN'>): HubOptions {
  return { endpoint: settings.HF_ENDPOINT, ...(settings.HF_TOKEN ? { token: settings.HF_TOKEN } : {}) };
}
