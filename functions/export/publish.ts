import type { Database } from '../../shared/database.ts';
import { type DatasetColumn, datasetColumns } from '../../shared/dataset-schema.ts';
import { writeCard } from './card.ts';
import {
  type Coverage,
  type DatasetRef,
  deleteLedgerShards,
  type LedgerShard,
  lockLedger,
  upsertLedgerShards,
} from './sql.ts';
import type { DatasetTarget, DatasetTree } from './target.ts';
import type { WrittenShard } from './write-period.ts';

/** What a run has found and made before its commit. */
export interface ExportState {
  ledger: readonly LedgerShard[];
  tree: DatasetTree;
  /** Shards that stay as they are. */
  kept: readonly LedgerShard[];
  written: readonly WrittenShard[];
  /** Null when no shard can have changed. */
  coverage: Coverage | null;
}

/**
 * Commits what differs from the tree, then notes in the ledger what stands now. The dataset card goes with a commit
 * that changes shards, where it differs; it makes no commit of its own.
 */
export async function publish(
  { ledger, tree, kept, written, coverage }: ExportState,
  dataset: DatasetRef & { columns?: readonly DatasetColumn[] },
  { target, db }: { target: DatasetTarget; db: Database },
) {
  const standing = [...kept, ...written];
  const paths = new Set(standing.map(({ path }) => path));
  const deleted = [...tree.files.keys()].filter((path) => !paths.has(path));
  // A version may grow with what the dataset does not show, a vector or a feature: such a shard has the same bytes.
  const adds = written.filter(({ path, sha256 }) => tree.files.get(path)?.sha256 !== sha256);

  let commit: string | null = null;
  if (adds.length + deleted.length > 0) {
    const oldCard = await tree.readCard();
    const card = writeCard(oldCard, {
      ...coverage!,
      rowCount: sum(standing, 'rowCount'),
      columns: dataset.columns ?? datasetColumns,
      url: target.url ?? null,
    });
    commit = await target.commit({
      parent: tree.head,
      title: `Atualiza o conjunto de dados: ${adds.length} arquivos gravados, ${deleted.length} removidos`,
      adds,
      deletes: [...deleted, ...tree.stale],
      ...(card === oldCard ? {} : { card }),
    });
  }

  const forgotten = ledger.map(({ path }) => path).filter((path) => !paths.has(path));
  if (written.length + forgotten.length > 0) {
    const shards = written.map(({ file, ...shard }) => ({ ...shard, commit: commit ?? tree.head ?? '' }));
    await db.transaction(async (tx) => {
      await lockLedger(tx, dataset);
      await deleteLedgerShards(tx, dataset, forgotten);
      await upsertLedgerShards(tx, dataset, shards);
    });
  }
  return {
    added: adds.map(({ path }) => path),
    deleted,
    shardsWritten: adds.length,
    shardsDeleted: deleted.length,
    rowsWritten: sum(adds, 'rowCount'),
    bytesWritten: sum(adds, 'sizeBytes'),
    rows: sum(standing, 'rowCount'),
    bytes: sum(standing, 'sizeBytes'),
    shards: [...paths].sort(),
    commit,
  };
}

function sum<Key extends string>(items: readonly Record<Key, number>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}
