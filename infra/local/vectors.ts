import { z } from 'zod';
import { searchModelSettings } from '../../functions/api/search/model.ts';
import { loadConfig } from '../../shared/config.ts';
import { embeddingSettings } from '../../shared/embedding-settings.ts';
import { UsageError } from './errors.ts';
import { type LocalDatabase, withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress, describeDuration } from './progress.ts';
import { type RebuildReport, rebuildVectorIndex } from './vectors/rebuild.ts';
import { planResize, type ResizePlan, resizeVectors } from './vectors/resize.ts';
import { readVectorStatus, type VectorStatus } from './vectors/status.ts';
import type { GraphOptions } from './vectors/vector-index.ts';

type JsonOptions = GlobalOptions & { json?: boolean };
export type StatusCommandOptions = JsonOptions & { rows?: number };
export type RebuildCommandOptions = JsonOptions & GraphOptions & { maintenanceWorkMem: string };
export type ResizeCommandOptions = JsonOptions & { dimensions: number; rate: number; dryRun?: boolean; yes?: boolean };

const statusConfig = z.object({
  ...embeddingSettings,
  EMBEDDING_MODEL_NAME: z.string().optional(),
  SEARCH_MODEL_COVERAGE: searchModelSettings.SEARCH_MODEL_COVERAGE,
});

/** Prints how vectors stand. @throws {Error} at the end, when something needs a person. */
export async function showStatus(options: StatusCommandOptions): Promise<void> {
  const settings = loadConfig(statusConfig);
  const status = await withVectors(options, (db) =>
    readVectorStatus(db, {
      modelInForce: settings.EMBEDDING_MODEL_NAME,
      coverage: settings.SEARCH_MODEL_COVERAGE,
      dimensions: settings.EMBEDDING_DIMENSIONS,
      rows: options.rows,
    }),
  );
  print(options, status, describeStatus);
  if (status.problems.length > 0) throw new Error(status.problems.join('; '));
}

/** Builds the index anew. @throws {UsageError} when the graph cannot be built so. */
export async function rebuild(options: RebuildCommandOptions): Promise<void> {
  const { m, efConstruction, maintenanceWorkMem } = options;
  if (efConstruction < 2 * m) throw new UsageError(`--ef-construction must be at least twice --m, so ${2 * m}`);
  const progress = createProgress();
  const report = await withVectors(options, (db) =>
    rebuildVectorIndex(db, {
      m,
      efConstruction,
      maintenanceWorkMem,
      isEmbedded: !options.databaseUrl,
      onProgress: ({ phase, done, total }) => progress.update(`${phase}: ${done} of about ${total} vectors`),
    }),
  );
  print(options, report, describeRebuild);
}

/** Says what another length of vectors costs, and makes room for it when it is told to. */
export async function resize(options: ResizeCommandOptions): Promise<void> {
  const { dimensions, dryRun, yes } = options;
  if (dryRun && yes) throw new UsageError('either --dry-run or --yes');
  const progress = createProgress();
  const { plan, cleared } = await withVectors(options, async (db) => {
    const planned = await planResize(db, options);
    if (!yes || planned.is_done) return { plan: planned, cleared: 0 };
    if (!options.json) progress.done(describePlan(planned));
    const onProgress = (count: number) => progress.update(`${count} articles await their new vector`);
    return { plan: planned, cleared: await resizeVectors(db, { dimensions, onProgress }) };
  });
  if (yes || plan.is_done) print(options, { ...plan, cleared }, describeResize);
  else print(options, plan, describePlan);
  if (!yes && !dryRun && !plan.is_done) throw new UsageError('nothing was changed: add --yes to do it');
}

/** With a connection that waits as long as an index takes. */
function withVectors<T>(options: GlobalOptions, work: (db: LocalDatabase) => Promise<T>): Promise<T> {
  return withDatabase(options, work, { statementTimeoutMs: 0 });
}

function print<T extends object>({ json }: JsonOptions, result: T, describe: (result: T) => string): void {
  console.log(json ? JSON.stringify(result, null, 2) : describe(result));
}

function describeStatus(status: VectorStatus): string {
  const { models, articles, search_model: searchModel, indexes, storage } = status;
  const scan = status.iterative_scan ? 'iterative scan' : 'no iterative scan: filtered searches may miss articles';
  return [
    `pgvector ${status.pgvector} (${scan}), vectors of ${status.dimensions}`,
    `${articles} articles`,
    ...models.map(({ model, vectors, coverage }) => {
      const use = model === searchModel ? ', search uses it' : '';
      return `  ${model}  ${vectors} vectors, ${(coverage * 100).toFixed(1)} %${use}`;
    }),
    ...indexes.map(({ name, type, m, ef_construction: efConstruction, bytes, is_valid: isValid }) =>
      [
        `  ${name}`,
        type,
        `m ${m}, ef_construction ${efConstruction}`,
        megabytes(bytes),
        isValid ? 'valid' : 'not valid',
      ].join('  '),
    ),
    ...(storage.estimated.rows === storage.now.rows ? [storage.now] : [storage.now, storage.estimated]).map(
      ({ rows, table_bytes_per_vector: table, index_bytes_per_vector: index, bytes }) =>
        `${rows} vectors take about ${megabytes(bytes)}: ${table} bytes each in the table, ${index} in the index`,
    ),
  ].join('\n');
}

function describeRebuild({ index, former_bytes: formerBytes, repaired, seconds }: RebuildReport): string {
  const former = formerBytes === null ? '' : `, in place of ${megabytes(formerBytes)}`;
  return [
    ...repaired.map((name) => `took away ${name}, which an earlier rebuild had left`),
    `${index.name} was built in ${describeDuration(seconds)}: ${megabytes(index.bytes)}${former}`,
  ].join('\n');
}

function describePlan({ from, to, vectors, articles, rate, hours, storage }: ResizePlan): string {
  return [
    `vectors of ${from} become vectors of ${to}: ${vectors} are dropped`,
    `  ${articles} articles are to be embedded: ${hours} hours at ${rate} a second`,
    `  from ${megabytes(storage.now.bytes)} to about ${megabytes(storage.needed.bytes)} once that is done`,
    '  until an article is embedded again, search finds it by its words alone',
    `  right after: release the functions with the new EMBEDDING_MODEL and EMBEDDING_DIMENSIONS=${to}; until then embed fails`,
    '  then, with Typesense: "typesense rebuild", as its collection has the former length',
  ].join('\n');
}

function describeResize(plan: ResizePlan & { cleared: number }): string {
  if (plan.is_done) return `vectors have ${plan.to} dimensions: nothing to do`;
  return `vectors have ${plan.to} dimensions now, and ${plan.cleared} articles await theirs`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
