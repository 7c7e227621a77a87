import { join, resolve } from 'node:path';
import { isRepoName, openDestinations } from '../../functions/export/config.ts';
import type { Destinations, ExportAllResult } from '../../functions/export/export-all.ts';
import { exportAndFlush, runExport } from '../../functions/export/journal.ts';
import { cliLogger } from './cli-deps.ts';
import { UsageError } from './errors.ts';
import {
  configuredDestinations,
  type ExportSettings,
  folderDestination,
  loadExportSettings,
  shardOptions,
} from './export-settings.ts';
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

/**
 * Brings the datasets, on the Hub or in a folder, to what the database holds. The journal is of those that readers have:
 * an export to another place leaves it as it is.
 */
export async function exportDatasets(
  options: ExportDatasetsOptions,
): Promise<ExportAllResult & { journalFlushed?: number }> {
  const settings = loadExportSettings();
  const { destinations, areConfigured } = chooseDestinations(options, settings);
  const { fullSync = false, dryRun = false } = options;
  return await withDatabase(options, async (db) => {
    const progress = createProgress();
    const { full, reduced } = destinations;
    progress.done(
      `Dataset: ${[full, ...(reduced ? [reduced] : [])].map(({ target, repo }) => target.url ?? repo).join(', ')}`,
    );
    const run = areConfigured ? exportAndFlush : runExport;
    const result = await run(
      destinations,
      { now: new Date(), fullSync, dryRun, ...shardOptions(settings) },
      {
        db,
        log: cliLogger(options),
        progress: ({ period, periodsDone, periodCount, rowsWritten }) =>
          progress.update(`${period}: ${periodsDone} of ${periodCount} periods, ${rowsWritten} rows`),
      },
    );
    for (const { foreign } of [result, ...(result.reduced ? [result.reduced] : [])]) {
      if (foreign.length > 0) progress.done(`Shards of others that ${giveWay(dryRun)}: ${foreign.join(', ')}`);
    }
    return result;
  });
}

function giveWay(isDryRun: boolean): string {
  return isDryRun ? 'would give way to ours' : 'gave way to ours';
}

/** What the flags say, else the configured ones, and whether those are the same. */
function chooseDestinations(
  options: ExportDatasetsOptions,
  settings: ExportSettings,
): { destinations: Destinations; areConfigured: boolean } {
  const { out, repo, reducedRepo, data } = options;
  if (out && (repo || reducedRepo)) throw new UsageError('choose a folder (--out) or the Hub (--repo), not both');
  if (repo && repo === reducedRepo) throw new UsageError('--repo and --reduced-repo name the same dataset');
  if (reducedRepo && !repo) throw new UsageError('--reduced-repo goes with --repo');
  for (const name of [repo, reducedRepo]) {
    if (name !== undefined && !isRepoName(name)) throw new UsageError(`"${name}" is no namespace/name of a dataset`);
  }
  if (out && resolve(out) !== configuredFolder(settings, data)) {
    return { destinations: folderDestination(out), areConfigured: false };
  }
  if (!repo) return { destinations: configuredDestinations(settings, data), areConfigured: true };
  const { EXPORT_REDUCED_REPO: reduced, ...others } = settings;
  const destinations = openDestinations({
    ...others,
    ...(reducedRepo ? { EXPORT_REDUCED_REPO: reducedRepo } : {}),
    EXPORT_TARGET: 'hub',
    EXPORT_REPO: repo,
  });
  const isHub = (settings.EXPORT_TARGET ?? (settings.EXPORT_DIR ? 'folder' : 'hub')) === 'hub';
  return {
    destinations,
    areConfigured: isHub && repo === settings.EXPORT_REPO && (!reduced || reduced === reducedRepo),
  };
}

/** The folder that stands for the Hub where no flag says otherwise; undefined where it is the Hub. */
function configuredFolder(
  { EXPORT_TARGET, EXPORT_DIR, EXPORT_REPO }: ExportSettings,
  data: string,
): string | undefined {
  if (EXPORT_TARGET === 'hub') return undefined;
  if (EXPORT_DIR) return resolve(EXPORT_DIR);
  return EXPORT_TARGET || EXPORT_REPO ? undefined : resolve(join(data, 'dataset'));
}
