import type { Database, Snapshot } from '../../shared/database.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ParquetCodec } from '../../shared/parquet.ts';
import { currentMonthStart } from './period.ts';
import { planExport } from './plan.ts';
import {
  type DatasetRef,
  deleteLedgerShards,
  hasArticles,
  type LedgerShard,
  listLedgerShards,
  listPeriods,
  type PeriodState,
  upsertLedgerShards,
} from './sql.ts';
import type { DatasetTarget, DatasetTree, StagedFile } from './target.ts';
import { type WrittenShard, writePeriod } from './write-period.ts';

export interface ExportOptions extends DatasetRef {
  now: Date;
  /** Writes every period anew, whatever the ledger says. */
  fullSync?: boolean;
  /** Plans only: nothing is written. */
  dryRun?: boolean;
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

/**
 * Brings the published dataset to what the table holds: only periods that changed are written, in one commit.
 *
 * @throws {PermanentError} when the table is empty and the dataset is not, unless a full sync is asked for.
 */
export async function exportDataset(options: ExportOptions, deps: ExportDeps): Promise<ExportResult> {
  // Before the snapshot: what is read after this head can never be older than what stands under it.
  const tree = await deps.target.readTree();
  const staged: StagedFile[] = [];
  const stage = async () => {
    const file = await deps.target.stage();
    staged.push(file);
    return file;
  };
  try {
    const { ledger, plan, written } = await deps.db.snapshot(async (tx) => {
      const ledger = await listLedgerShards(tx, options);
      const periods = await listPeriods(tx, currentMonthStart(options.now));
      if (tree.files.size > 0 && !options.fullSync && !(await hasArticles(tx))) {
        throw new PermanentError(
          `The table holds no article, and the dataset has ${tree.files.size} shards: is this the right database? ` +
            'A full sync would delete them',
        );
      }
      const plan = planExport({ periods, ledger, tree, fullSync: options.fullSync ?? false });
      deps.log.info('export planned', {
        stage: 'export',
        changedPeriods: plan.changed.length,
        vanishedPeriods: plan.vanished.length,
        keptShards: plan.kept.length,
      });
      const written = options.dryRun ? [] : await writePeriods(plan.changed, options, { ...deps, tx, stage });
      return { ledger, plan, written };
    });
    const standing = options.dryRun ? ledger : [...plan.kept, ...written];
    const { commit, adds, deletes } = options.dryRun
      ? { commit: null, adds: [], deletes: [] }
      : await publish({ ledger, standing, written, tree }, options, deps);
    const figures = {
      shardsWritten: adds.length,
      shardsDeleted: deletes.length,
      rowsWritten: sum(adds, 'rowCount'),
      bytesWritten: sum(adds, 'sizeBytes'),
      rows: sum(standing, 'rowCount'),
      bytes: sum(standing, 'sizeBytes'),
      commit,
    };
    const periods = [...plan.changed.map(({ period }) => period), ...plan.vanished].sort();
    const shards = standing.map(({ path }) => path).sort();
    return { periods, shards, ...figures };
  } finally {
    for (const file of staged) await file.discard();
  }
}

async function writePeriods(
  changed: readonly PeriodState[],
  { codec = 'zstd', maxShardBytes = 128 * 1024 * 1024 }: ExportOptions,
  deps: { tx: Snapshot; stage(): Promise<StagedFile>; progress?: ExportDeps['progress'] },
): Promise<WrittenShard[]> {
  const written: WrittenShard[] = [];
  for (const [index, state] of changed.entries()) {
    written.push(...(await writePeriod(state, { codec, maxShardBytes }, deps)));
    deps.progress?.({
      period: state.period,
      periodsDone: index + 1,
      periodCount: changed.length,
      rowsWritten: sum(written, 'rowCount'),
    });
  }
  return written;
}

/** Commits what differs from the tree, then notes in the ledger what stands now. */
async function publish(
  state: {
    ledger: readonly LedgerShard[];
    standing: readonly { path: string }[];
    written: readonly WrittenShard[];
    tree: DatasetTree;
  },
  ref: DatasetRef,
  { target, db }: ExportDeps,
) {
  const { ledger, standing, written, tree } = state;
  const paths = new Set(standing.map(({ path }) => path));
  const deletes = [...tree.files.keys()].filter((path) => !paths.has(path));
  // A version may grow with what the dataset does not show, a vector or a feature: such a shard has the same bytes.
  const adds: WrittenShard[] = [];
  for (const shard of written) if (!(await isInTree(shard, tree))) adds.push(shard);
  const commit = adds.length + deletes.length > 0 ? await target.commit({ parent: tree.head, adds, deletes }) : null;

  const forgotten = ledger.map(({ path }) => path).filter((path) => !paths.has(path));
  if (written.length + forgotten.length > 0) {
    await db.transaction(async (tx) => {
      await deleteLedgerShards(tx, ref, forgotten);
      await upsertLedgerShards(
        tx,
        ref,
        written.map(({ file, ...shard }) => ({ ...shard, commit: commit ?? tree.head ?? '' })),
      );
    });
  }
  return { commit, adds, deletes };
}

async function isInTree(shard: WrittenShard, tree: DatasetTree): Promise<boolean> {
  const file = tree.files.get(shard.path);
  return file?.sizeBytes === shard.sizeBytes && (await file.sha256()) === shard.sha256;
}

function sum<Key extends string>(items: readonly Record<Key, number>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}
