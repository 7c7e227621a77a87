import {
  type IndexStatus,
  pruneCollections,
  readIndexStatus,
  rollBackCollection,
} from '../../functions/sync/collections.ts';
import { indexTimeoutMs } from '../../functions/sync/config.ts';
import { type RebuildProgress, type RebuildReport, rebuildCollection } from '../../functions/sync/rebuild.ts';
import type { Verification } from '../../functions/sync/verify-collection.ts';
import type { BesideDeps } from '../../functions/sync/write-beside.ts';
import { openTypesense } from '../../shared/search-index-settings.ts';
import { UsageError } from './errors.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { loadLocalSettings } from './settings.ts';
import { untilStopped } from './stop-signal.ts';

export type IndexOptions = GlobalOptions & { json?: boolean };
export type RebuildCommandOptions = IndexOptions & { rate: number; batchSize: number; force?: boolean };

/** Prints how the index stands. @throws {Error} at the end, when something needs a person. */
export async function showStatus(options: IndexOptions): Promise<void> {
  const status = await withIndex(options, readIndexStatus);
  print(options, status, describeStatus);
  if (status.problems.length > 0) throw new Error(status.problems.join('; '));
}

/** Builds a collection beside the served one and swaps, or goes on where an earlier call was stopped. */
export async function rebuild(options: RebuildCommandOptions): Promise<void> {
  const { rate, batchSize, force } = options;
  const progress = createProgress();
  const report = await withIndex(options, (deps) =>
    untilDone('rebuild', (signal) =>
      rebuildCollection(
        {
          rate,
          batchSize,
          isForced: force === true,
          signal,
          onProgress: (step) => progress.update(describeStep(step)),
        },
        deps,
      ),
    ),
  );
  print(options, report, describeRebuild);
}

/** Serves the collection again that was served before. */
export async function rollBack(options: IndexOptions): Promise<void> {
  const progress = createProgress();
  const report = await withIndex(options, (deps) =>
    untilDone('rollback', (signal) =>
      rollBackCollection(deps, {
        signal,
        onProgress: (done, days) => progress.update(`verify: ${done} of ${days} days`),
      }),
    ),
  );
  print(options, report, ({ serving, former, verified }) =>
    [describeVerification(verified), `${serving} is served again, ${former} is kept until prune`].join('\n'),
  );
}

/** Drops what nobody needs any more. */
export async function prune(options: IndexOptions & { unfinished?: boolean }): Promise<void> {
  const dropped = await withIndex(options, (deps) =>
    pruneCollections(deps, { isUnfinishedToo: options.unfinished === true }),
  );
  print(options, { dropped }, () => (dropped.length > 0 ? `dropped ${dropped.join(', ')}` : 'nothing to drop'));
}

/** @throws {UsageError} when the server is not described. */
async function withIndex<T>(options: IndexOptions, work: (deps: BesideDeps) => Promise<T>): Promise<T> {
  const settings = loadLocalSettings();
  if (!settings.TYPESENSE_HOST || !settings.TYPESENSE_API_KEY) {
    throw new UsageError('set TYPESENSE_HOST and TYPESENSE_API_KEY (and TYPESENSE_PORT, TYPESENSE_PROTOCOL)');
  }
  const typesense = openTypesense({ ...settings, SEARCH_INDEX: 'typesense' }, indexTimeoutMs)!;
  try {
    return await withDatabase(options, (db) => work({ db, typesense }));
  } finally {
    typesense.close();
  }
}

async function untilDone<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return await untilStopped(async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`stopped, and nothing was swapped; "destaques typesense ${name}" goes on`, { cause: error });
    }
  });
}

function print<T extends object>({ json }: IndexOptions, result: T, describe: (result: T) => string): void {
  console.log(json ? JSON.stringify(result, null, 2) : describe(result));
}

function describeStatus({ alias, serving, articles, collections }: IndexStatus): string {
  return [
    `${alias} → ${serving ?? 'nothing'}; ${articles} articles in Postgres`,
    ...collections.map(({ name, state, documents, is_current, filled }) => {
      const count = documents === null ? 'not on the server' : `${documents} documents`;
      const progress = filled ? `, filled ${filled[0]} of about ${filled[1]}` : '';
      return `  ${name}  ${state}  ${count}${progress}${is_current ? '' : ', another schema'}`;
    }),
  ].join('\n');
}

function describeStep(progress: RebuildProgress): string {
  const { collection, total } = progress;
  if (progress.step === 'verify') return `${collection}: verified ${progress.days} of ${total} days`;
  return `${collection}: filled ${progress.filled} of about ${total}, ${Math.ceil(progress.secondsLeft)} s left`;
}

function describeRebuild({ outcome, serving, former, filled, verified }: RebuildReport): string {
  if (outcome === 'nothing-to-do') return `${serving} has today's schema: nothing to do (--force builds another)`;
  return [
    `filled ${filled} documents`,
    ...(verified ? [describeVerification(verified)] : []),
    `${serving} is served, ${former} is kept until prune`,
  ].join('\n');
}

function describeVerification({ days, articles, days_by_count, repaired }: Verification): string {
  return `verified ${articles} articles of ${days} days: ${days_by_count} days differed in number, ${repaired} documents put right`;
}
