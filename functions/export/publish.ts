import type { Database } from '../../shared/database.ts';
import { type DatasetColumn, datasetColumns } from '../../shared/dataset-schema.ts';
import { writeCard } from './card.ts';
import { type Claims, claimShards, settleClaims } from './claims-sql.ts';
import {
  type Coverage,
  type DatasetRef,
  deleteLedgerShards,
  type LedgerShard,
  lockLedger,
  upsertLedgerShards,
} from './sql.ts';
import { type DatasetTarget, type DatasetTree, HeadMovedError } from './target.ts';
import type { WrittenShard } from './write-period.ts';

/** What a run has found and made before its commit. */
export interface ExportState {
  ledger: readonly LedgerShard[];
  /** Those that were read with the ledger: after a commit on this tree they say nothing more. */
  claims: Claims;
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
  { ledger, claims, tree, kept, written, coverage }: ExportState,
  dataset: DatasetRef & { columns?: readonly DatasetColumn[] },
  { target, db }: { target: DatasetTarget; db: Database },
) {
  const standing = [...kept, ...written];
  const paths = new Set(standing.map(({ path }) => path));
  const deleted = [...tree.files.keys()].filter((path) => !paths.has(path));
  // A version may grow with what the dataset does not show, a vector or a feature: such a shard has the same bytes.
  const adds = written.filter(({ path, sha256 }) => tree.files.get(path)?.sha256 !== sha256);

  let commit: string | null = null;
  const settled: number[] = [];
  if (adds.length + deleted.length > 0) {
    const oldCard = await tree.readCard();
    const card = writeCard(oldCard, {
      ...coverage!,
      rowCount: sum(standing, 'rowCount'),
      columns: dataset.columns ?? datasetColumns,
      url: target.url ?? null,
    });
    const claim = await claimShards(db, dataset, adds);
    commit = await committing(db, claim, () =>
      target.commit({
        parent: tree.head,
        title: `Atualiza o conjunto de dados: ${adds.length} arquivos gravados, ${deleted.length} removidos`,
        adds,
        deletes: [...deleted, ...tree.stale],
        ...(card === oldCard ? {} : { card }),
      }),
    );
    settled.push(claim, ...claims.ids);
  }

  const forgotten = ledger.map(({ path }) => path).filter((path) => !paths.has(path));
  if (written.length + forgotten.length + settled.length > 0) {
    const shards = written.map(({ file, ...shard }) => ({ ...shard, commit: commit ?? tree.head ?? '' }));
    await db.transaction(async (tx) => {
      await lockLedger(tx, dataset);
      await deleteLedgerShards(tx, dataset, forgotten);
      await upsertLedgerShards(tx, dataset, shards);
      await settleClaims(tx, settled, 'succeeded');
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

/** Of a commit that fails otherwise nobody knows whether it landed after all: its claim stays. */
async function committing(db: Database, claim: number, commit: () => Promise<string>): Promise<string> {
  try {
    return await commit();
  } catch (error) {
    if (error instanceof HeadMovedError) await settleClaims(db, [claim], 'failed');
    throw error;
  }
}

function sum<Key extends string>(items: readonly Record<Key, number>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}
