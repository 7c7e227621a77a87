import { shardPaths } from './period.ts';
import type { LedgerShard, PeriodState } from './sql.ts';
import type { DatasetTree } from './target.ts';

export interface ExportPlan {
  /** Periods whose shards are written anew. */
  changed: PeriodState[];
  /** Periods in which nothing is published any more. */
  vanished: string[];
  /** Shards that stay as they are. */
  kept: LedgerShard[];
}

/**
 * Compares what the table holds with what was published. A period is changed when its digest differs from the ledger's
 * or when the dataset lacks one of its shards, or holds another file under its path.
 */
export function planExport(input: {
  periods: readonly PeriodState[];
  ledger: readonly LedgerShard[];
  tree: Pick<DatasetTree, 'files'>;
  /** Writes every period anew. */
  fullSync: boolean;
}): ExportPlan {
  const { periods, ledger, tree, fullSync } = input;
  const published = Map.groupBy(ledger, ({ period }) => period);
  const changed: PeriodState[] = [];
  const kept: LedgerShard[] = [];
  for (const state of periods) {
    const shards = published.get(state.period) ?? [];
    published.delete(state.period);
    if (!fullSync && stands(state, shards, tree)) kept.push(...shards);
    else changed.push(state);
  }
  return { changed, vanished: [...published.keys()].sort(), kept };
}

function stands(state: PeriodState, shards: readonly LedgerShard[], tree: Pick<DatasetTree, 'files'>): boolean {
  const rowCount = shards.reduce((sum, shard) => sum + shard.rowCount, 0);
  return (
    rowCount === state.rowCount &&
    shards.every(({ digest, path, sha256 }) => digest === state.digest && tree.files.get(path)?.sha256 === sha256)
  );
}

/** The paths that a period will probably have: those that it has, or that of a single part. */
export function expectedPaths(period: string, ledger: readonly LedgerShard[]): string[] {
  const paths = ledger.filter((shard) => shard.period === period).map(({ path }) => path);
  return paths.length > 0 ? paths.sort() : shardPaths(period, 1);
}
