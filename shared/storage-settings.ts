import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { hubSettings } from './hub-files.ts';
import type { Secret } from './secret.ts';
import { secretOf } from './secret-settings.ts';

/**
 * Where a change is to be found. `postgres`: in the table, and in the dataset after the daily export. `dual_write`: in
 * the dataset within minutes too, because each change is journaled for it. `huggingface`: the same, and the dataset is
 * what readers are served from.
 */
export type StorageBackendName = 'postgres' | 'dual_write' | 'huggingface';

/** The setting that every writer has: changes are journaled by the session that makes them. */
export const storageBackendSettings = {
  STORAGE_BACKEND: z.enum(['postgres', 'dual_write', 'huggingface']).default('postgres'),
};

/** The settings of those who read articles. */
export const storageSettings = {
  ...storageBackendSettings,
  /** Default `huggingface` where that is the backend, else `postgres`. */
  STORAGE_READ_FROM: z.enum(['postgres', 'huggingface']).optional(),
  /** Of the dataset that is read; the same as those of the export. */
  EXPORT_TARGET: z.enum(['hub', 'folder']).optional(),
  /** On the Hub, `namespace/name`. */
  EXPORT_REPO: z.string().optional(),
  /** For reading, a commit too. */
  EXPORT_BRANCH: z.string().default('main'),
  /** Folder that stands for the Hub. */
  EXPORT_DIR: z.string().optional(),
  ...hubSettings,
};
const storageConfig = z.object(storageSettings);
export type StorageConfig = z.infer<typeof storageConfig>;

/** Where articles are read from: null for Postgres. */
export type DatasetLocation =
  | { folder: string }
  | { id: string; branch: string; endpoint: string; token: string | Secret | undefined };

/**
 * Where the settings say that articles are read from.
 *
 * @throws {ConfigError} when they cannot be meant together; the text says what to set.
 */
export function readLocation(settings: StorageConfig): DatasetLocation | null {
  const { STORAGE_BACKEND: backend } = settings;
  const readFrom = settings.STORAGE_READ_FROM ?? (backend === 'huggingface' ? 'huggingface' : 'postgres');
  if (readFrom === 'postgres') return null;
  if (backend === 'postgres') {
    throw new ConfigError(
      'STORAGE_READ_FROM is huggingface and STORAGE_BACKEND is postgres: readers would see the dataset up to a day late. ' +
        'Set STORAGE_BACKEND=dual_write (or huggingface) for all functions, or STORAGE_READ_FROM=postgres',
    );
  }
  const location = datasetLocation(settings);
  if (location) return location;
  throw new ConfigError(
    'Articles are to be read from the dataset, and neither EXPORT_REPO nor EXPORT_DIR says which one. ' +
      'Set one of them, or STORAGE_READ_FROM=postgres',
  );
}

/** The dataset of the export; undefined where the settings name none. */
export function datasetLocation(settings: StorageConfig): DatasetLocation | undefined {
  const { EXPORT_DIR: folder, EXPORT_TARGET: target = folder ? 'folder' : 'hub' } = settings;
  if (target === 'folder') return folder ? { folder } : undefined;
  const id = settings.EXPORT_REPO;
  if (!id) return undefined;
  return { id, branch: settings.EXPORT_BRANCH, endpoint: settings.HF_ENDPOINT, token: secretOf(settings, 'HF_TOKEN') };
}

/** The settings of a database session in which this backend's changes are made. */
export function sessionSettings(backend: StorageBackendName): Record<string, string> {
  return backend === 'postgres' ? {} : { 'destaques.storage_backend': backend };
}
