import { join, resolve } from 'node:path';
import { z } from 'zod';
import { destinationSettings, openDestinations, shardSettings } from '../../functions/export/config.ts';
import type { Destinations, ExportAllOptions } from '../../functions/export/export-all.ts';
import { createFolderTarget } from '../../functions/export/folder-target.ts';
import { loadConfig } from '../../shared/config.ts';
import { type StorageBackendName, storageBackendSettings } from '../../shared/storage-settings.ts';

const exportConfig = z.object({ ...destinationSettings, ...shardSettings, ...storageBackendSettings });
export type ExportSettings = z.infer<typeof exportConfig>;

/** What the environment says of an export on this machine. */
export function loadExportSettings(): ExportSettings {
  return loadConfig(exportConfig);
}

/** How shards are written, and what an export spares. */
export function shardOptions(
  settings: ExportSettings,
): Required<Pick<ExportAllOptions, 'codec' | 'maxShardBytes'>> & { storageBackend: StorageBackendName } {
  return {
    codec: settings.EXPORT_CODEC,
    maxShardBytes: settings.EXPORT_MAX_SHARD_MB * 1024 * 1024,
    storageBackend: settings.STORAGE_BACKEND,
  };
}

/**
 * The datasets that readers have: those of the environment, else a folder beside the embedded database.
 *
 * @throws {ConfigError} when a setting is missing that the target needs.
 */
export function configuredDestinations(settings: ExportSettings, data: string): Destinations {
  const isSet = settings.EXPORT_TARGET ?? settings.EXPORT_DIR ?? settings.EXPORT_REPO;
  return isSet === undefined ? folderDestination(join(data, 'dataset')) : openDestinations(settings);
}

/** A folder under its own name. */
export function folderDestination(folder: string): Destinations {
  const path = resolve(folder);
  return { full: { target: createFolderTarget(path), repo: path, branch: 'main' } };
}
