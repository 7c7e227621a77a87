import type { Database, Queryable, Snapshot } from '../../shared/database.ts';
import { type DatasetColumn, datasetColumns } from '../../shared/dataset-schema.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ParquetCodec } from '../../shared/parquet.ts';
import { listClaims } from './claims-sql.ts';
import { findForeign, guardForeign, mayWrite } from './foreign-shards.ts';
import { currentMonthStart } from './period.ts';
import { type ExportPlan, expectedPaths, planExport } from './plan.ts';
import { publish } from './publish.ts';
import {
  type Coverage,
  type DatasetRef,
  findOpenImport,
  hasArticles,
  type LedgerShard,
  listLedgerShards,
  listPeriods,
  type PeriodState,
  readCoverage,
} from './sql.ts';
import { type DatasetTarget, type DatasetTree, HeadMovedError, type StagedFile } from './target.ts';
import { type WrittenShard, writePeriod } from './write-period.ts';

export interface ExportOptions extends DatasetRef {
  now: Date;
  /** Default all of the dataset. */
  columns?: readonly DatasetColumn[];
  /** Writes every period anew, whatever the ledger says. */
  fullSync?: boolean;
  /** Plans only: nothing is written. */
  dryRun?: boolean;
  /** Whether shards that others published stop a run that is no full sync. */
  keepsForeign?: boolean;
  /** Default zstd. */
  codec?: ParquetCodec;
  /** Default 128 MiB. */
  maxShardBytes?: number;
}

export interface ExportDeps {
  db: Database;
  target: DatasetTarget;
  log: Logger;
  progress?(state: ExportProgress): void;
}

/** How far an export is: after each period that is written. */
export interface ExportProgress {
  period: string;
  periodsDone: number;
  periodCount: number;
  rowsWritten: number;
}

export interface ExportResult {
  /** Periods in which something changed, those that vanished included. */
  periods: string[];
  /** Paths of files that were added or replaced, and of those deleted; of a dry run, those that would be. */
  added: string[];
  deleted: string[];
  /** Of those that stood there, the shards that this pipeline did not write and that this run takes the place of. */
  foreign: string[];
  shardsWritten: number;
  shardsDeleted: number;
  rowsWritten: number;
  bytesWritten: number;
  /** Rows, bytes and paths of the whole dataset after the run. */
  rows: number;
  bytes: number;
  shards: string[];
  /** Null when the dataset already stood as it should. */
  commit: string | null;
}

/** How often an export is planned while other writers are faster: ten that win once each leave it one more. */
const MAX_PLANS = 12;

/**
 * Brings the published dataset to what the table holds: only periods that changed are written, in one commit.
 *
 * @throws {PermanentError} when it would take most of what is published away, the rest of a dataset that is being
 * imported, or what others published where that is to be kept, unless a full sync is asked for.
 * @throws {HeadMovedError} when other writers were faster time and again.
 */
export async function exportDataset(options: ExportOptions, deps: ExportDeps): Promise<ExportResult> {
  for (let planCount = 1; ; planCount += 1) {
    try {
      return await exportOnce(options, deps);
    } catch (error) {
      if (!(error instanceof HeadMovedError) || planCount === MAX_PLANS) throw error;
      deps.log.info('export planned again', { stage: 'export', repo: options.repo, planCount });
    }
  }
}

async function exportOnce(options: ExportOptions, deps: ExportDeps): Promise<ExportResult> {
  // Before the snapshot: what is read after this head can never be older than what stands under it.
  const tree = await deps.target.readTree();
  const staged: StagedFile[] = [];
  const stage = async () => {
    const file = await deps.target.stage();
    staged.push(file);
    return file;
  };
  try {
    const state = await deps.db.snapshot(async (tx) => {
      const { ledger, claims, plan } = await readPlan(tx, tree, options);
      deps.log.info('export planned', {
        stage: 'export',
        repo: options.repo,
        changedPeriods: plan.changed.length,
        vanishedPeriods: plan.vanished.length,
        keptShards: plan.kept.length,
      });
      guardForeign(tree, { ledger, claimed: claims.shards, written: mayWrite(plan.changed) }, options);
      if (options.dryRun) return { ledger, claims, plan };
      const written = await writePeriods(plan.changed, options, { ...deps, tx, stage });
      // Only a change of shards can follow on a plan that keeps not all of the tree.
      const coverage: Coverage | null =
        tree.files.size > plan.kept.length || written.length > 0 ? await readCoverage(tx) : null;
      return { ledger, claims, plan, done: { written, coverage } };
    });
    const { ledger, claims, plan, done } = state;
    const own = { ledger, claimed: claims.shards, written: done?.written ?? [] };
    if (done && ledger.length === 0 && !options.fullSync) refuseTakeover(tree, done.written);
    const foreign = done ? guardForeign(tree, own, options) : findForeign(tree, own);
    if (done && foreign.length > 0) {
      deps.log.warning('shards of others give way', { stage: 'export', repo: options.repo, foreign });
    }
    const periods = [...plan.changed.map(({ period }) => period), ...plan.vanished].sort();
    return done
      ? { periods, foreign, ...(await publish({ ledger, claims, kept: plan.kept, tree, ...done }, options, deps)) }
      : { periods, foreign, ...foresee(plan, ledger, tree) };
  } finally {
    for (const file of staged) await file.discard();
  }
}

async function readPlan(tx: Queryable, tree: DatasetTree, options: ExportOptions) {
  const ledger = await listLedgerShards(tx, options);
  const periods = await listPeriods(tx, currentMonthStart(options.now));
  if (tree.files.size > 0 && !options.fullSync) {
    await refuseLoss(tx, { rowCount: sum(periods), publishedRowCount: sum(ledger), fileCount: tree.files.size });
  }
  return {
    ledger,
    claims: await listClaims(tx, options),
    plan: planExport({ periods, ledger, tree, fullSync: options.fullSync ?? false }),
  };
}

/** Of what was published, and so many rows at least: more than anybody takes away in a day. */
const maxLoss = { share: 0.5, rowCount: 100 };

/** @throws {PermanentError} when what readers have would be taken from them by a mistake. */
async function refuseLoss(
  tx: Queryable,
  { rowCount, publishedRowCount, fileCount }: { rowCount: number; publishedRowCount: number; fileCount: number },
): Promise<void> {
  const refuse = (reason: string) => {
    throw new PermanentError(`${reason}. If it is meant, a full sync (sync-hf --full-sync) does it`);
  };
  if (!(await hasArticles(tx))) {
    refuse(`The table holds no article, and the dataset has ${fileCount} shards: is this the right database?`);
  }
  const source = await findOpenImport(tx);
  if (source) {
    refuse(
      `The import of ${source} has not come to its end (migrate-hf-to-pg --resume): an export would delete the rest`,
    );
  }
  const lost = publishedRowCount - rowCount;
  if (lost >= maxLoss.rowCount && lost > maxLoss.share * publishedRowCount) {
    refuse(`Of ${publishedRowCount} published articles ${lost} would be taken away: is this the right database?`);
  }
}

/** Bytes of a dataset below which nobody would miss it, and the part of them that has to come back. */
const takeover = { minBytes: 1_000_000, share: 0.25 };

/**
 * Guards a dataset that this database has not written to yet: of what stands there only the size is known.
 *
 * @throws {PermanentError} when next to nothing would take its place.
 */
function refuseTakeover(tree: DatasetTree, written: readonly WrittenShard[]): void {
  const total = (sizes: readonly { sizeBytes: number }[]) => sizes.reduce((bytes, file) => bytes + file.sizeBytes, 0);
  const [before, after] = [total([...tree.files.values()]), total(written)];
  if (before < takeover.minBytes || after >= takeover.share * before) return;
  throw new PermanentError(
    `The dataset has ${before} bytes of shards that this database did not write, and ${after} bytes would take their ` +
      'place: import it first (migrate-hf-to-pg). If it is meant, a full sync (sync-hf --full-sync) does it',
  );
}

function sum(counted: readonly { rowCount: number }[]): number {
  return counted.reduce((total, { rowCount }) => total + rowCount, 0);
}

async function writePeriods(
  changed: readonly PeriodState[],
  { columns = datasetColumns, codec = 'zstd', maxShardBytes = 128 * 1024 * 1024 }: ExportOptions,
  deps: { tx: Snapshot; stage(): Promise<StagedFile>; progress?: ExportDeps['progress'] },
): Promise<WrittenShard[]> {
  const written: WrittenShard[] = [];
  for (const [index, state] of changed.entries()) {
    written.push(...(await writePeriod(state, { columns, codec, maxShardBytes }, deps)));
    deps.progress?.({
      period: state.period,
      periodsDone: index + 1,
      periodCount: changed.length,
      rowsWritten: sum(written),
    });
  }
  return written;
}

/** What a run would do, and what stands now. How many parts a period takes is known only when it is written. */
function foresee(
  plan: ExportPlan,
  ledger: readonly LedgerShard[],
  tree: DatasetTree,
): Omit<ExportResult, 'periods' | 'foreign'> {
  const added = plan.changed.flatMap(({ period }) => expectedPaths(period, ledger));
  const staying = new Set([...added, ...plan.kept.map(({ path }) => path)]);
  const files = [...tree.files];
  return {
    added,
    deleted: files.map(([path]) => path).filter((path) => !staying.has(path)),
    shardsWritten: 0,
    shardsDeleted: 0,
    rowsWritten: 0,
    bytesWritten: 0,
    rows: sum(ledger),
    bytes: files.reduce((total, [, { sizeBytes }]) => total + sizeBytes, 0),
    shards: files.map(([path]) => path).sort(),
    commit: null,
  };
}
