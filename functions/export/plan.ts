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
 * or when the dataset lacks one of its shards, or holds it in another size.
 */
export function planExport(input: {
  periods: readonly PeriodState[];
  ledger: readonly LedgerShard[];
  tree: DatasetTree;
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

function stands(state: PeriodState, shards: readonly LedgerShard[], tree: DatasetTree): boolean {
  const rowCount = shards.reduce((sum, shard) => sum + shard.rowCount, 0);
  return (
    rowCount === state.rowCount &&
    shards.every((shard) => {
      return shard.digest === state.digest && tree.files.get(shard.path)?.sizeBytes === shard.sizeBytes;
    })
  );
}
