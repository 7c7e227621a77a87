import { join, resolve } from 'node:path';
import { z } from 'zod';
import { destinationSettings, isRepoName, openDestinations, shardSettings } from '../../functions/export/config.ts';
import type { Destinations } from '../../functions/export/export-all.ts';
import { createFolderTarget } from '../../functions/export/folder-target.ts';
import { exportAndFlush } from '../../functions/export/journal.ts';
import { loadConfig } from '../../shared/config.ts';
import { storageBackendSettings } from '../../shared/storage-settings.ts';
import { cliLogger } from './cli-deps.ts';
import { UsageError } from './errors.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';

export interface ExportDatasetsOptions extends GlobalOptions {
  /** A folder that stands for the Hub. */
  out?: string;
  /** The dataset on the Hub, `namespace/name`. */
  repo?: string;
  reducedRepo?: string;
  fullSync?: boolean;
  dryRun?: boolean;
}

const exportConfig = z.object({ ...destinationSettings, ...shardSettings, ...storageBackendSettings });
type ExportConfig = z.infer<typeof exportConfig>;

/** Brings the datasets, on the Hub or in a folder, to what the database holds. */
export async function exportDatasets(options: ExportDatasetsOptions): ReturnType<typeof exportAndFlush> {
  const settings = loadConfig(exportConfig);
  const destinations = chooseDestinations(options, settings);
  const { fullSync = false, dryRun = false } = options;
  return await withDatabase(options, (db) => {
    const progress = createProgress();
    const { full, reduced } = destinations;
    progress.done(
      `Dataset: ${[full, ...(reduced ? [reduced] : [])].map(({ target, repo }) => target.url ?? repo).join(', ')}`,
    );
    return exportAndFlush(
      destinations,
      {
        now: new Date(),
        fullSync,
        dryRun,
        codec: settings.EXPORT_CODEC,
        maxShardBytes: settings.EXPORT_MAX_SHARD_MB * 1024 * 1024,
        storageBackend: settings.STORAGE_BACKEND,
      },
      {
        db,
        log: cliLogger(options),
        progress: ({ period, periodsDone, periodCount, rowsWritten }) =>
          progress.update(`${period}: ${periodsDone} of ${periodCount} periods, ${rowsWritten} rows`),
      },
    );
  });
}

/** What the flags say, else what the environment says, else a folder beside the embedded database. */
function chooseDestinations(
  { out, repo, reducedRepo, data }: ExportDatasetsOptions,
  settings: ExportConfig,
): Destinations {
  if (out && (repo || reducedRepo)) throw new UsageError('choose a folder (--out) or the Hub (--repo), not both');
  if (repo && repo === reducedRepo) throw new UsageError('--repo and --reduced-repo name the same dataset');
  if (reducedRepo && !repo) throw new UsageError('--reduced-repo goes with --repo');
  for (const name of [repo, reducedRepo]) {
    if (name !== undefined && !isRepoName(name)) throw new UsageError(`"${name}" is no namespace/name of a dataset`);
  }
  if (repo) {
    const { EXPORT_REDUCED_REPO: _, ...others } = settings;
    const reduced = reducedRepo ? { EXPORT_REDUCED_REPO: reducedRepo } : {};
    return openDestinations({ ...others, ...reduced, EXPORT_TARGET: 'hub', EXPORT_REPO: repo });
  }
  const isSet = settings.EXPORT_TARGET ?? settings.EXPORT_DIR ?? settings.EXPORT_REPO;
  if (!out && isSet !== undefined) return openDestinations(settings);
  const folder = resolve(out ?? join(data, 'dataset'));
  return { full: { target: createFolderTarget(folder), repo: folder, branch: 'main' } };
}
