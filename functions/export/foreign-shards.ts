import { shardPeriod } from '../../shared/dataset-period.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Claims } from './claims-sql.ts';
import type { LedgerShard, PeriodState } from './sql.ts';
import type { DatasetTree } from './target.ts';

/** What is known of a run when its tree is judged. */
interface OwnShards {
  ledger: readonly LedgerShard[];
  claimed: Claims['shards'];
  /** What it writes; or, before it writes, a test of the paths that it may write. */
  written: readonly { path: string; sha256: string }[] | ((path: string) => boolean);
}

/** Before anything is written: a shard of a changed period may turn out as it stands there. */
export function mayWrite(changed: readonly PeriodState[]): (path: string) => boolean {
  const periods = new Set(changed.map(({ period }) => period));
  return (path) => periods.has(shardPeriod(path) ?? '');
}

/**
 * The shards of a tree that others wrote, whatever their names, by path: the ledger does not hold them as they are, no
 * run was about to commit them, and this one writes something else there.
 */
export function findForeign(tree: DatasetTree, { ledger, claimed, written }: OwnShards): string[] {
  const isPlanned = typeof written === 'function' ? written : () => false;
  const own = new Set(
    [...ledger, ...claimed, ...(typeof written === 'function' ? [] : written)].map(
      ({ path, sha256 }) => `${sha256} ${path}`,
    ),
  );
  return [...tree.files]
    .filter(([path, { sha256 }]) => !own.has(`${sha256} ${path}`) && !isPlanned(path))
    .map(([path]) => path)
    .sort();
}

/**
 * Guards what others wrote into the tree that is about to be the parent of a commit, and returns what is not kept.
 *
 * @param options.keepsForeign while readers are served from the dataset, their shards must not go before they are in the table.
 * @throws {PermanentError} when they are to be kept, or the dataset is another database's, and no full sync is asked for.
 */
export function guardForeign(
  tree: DatasetTree,
  own: OwnShards,
  { keepsForeign, fullSync }: { keepsForeign?: boolean; fullSync?: boolean },
): string[] {
  const foreign = findForeign(tree, own);
  if (fullSync || foreign.length === 0) return foreign;
  if (keepsForeign) {
    throw new PermanentError(
      `The dataset has ${foreign.length} shards that this pipeline did not write (${named(foreign)}), and an export ` +
        'would replace or delete them: import them with "destaques migrate-hf-to-pg --changed", then run "destaques ' +
        'sync-hf --full-sync"; one that cannot be read is to be mended or deleted where it stands',
    );
  }
  // Ours shows by a single file of the ledger, that of the predecessor by its layout.
  const others = foreign.filter((path) => shardPeriod(path));
  const isOurs = [...own.ledger, ...own.claimed].some(({ path, sha256 }) => tree.files.get(path)?.sha256 === sha256);
  if (isOurs || others.length === 0) return foreign;
  throw new PermanentError(
    `The dataset has ${others.length} shards of this layout (${named(others)}), and none that stands there was written ` +
      'by this database: it is another one’s. Is it the right dataset? If it was imported here and is to be replaced, a ' +
      'full sync (sync-hf --full-sync) does it',
  );
}

function named(paths: readonly string[]): string {
  const more = paths.length > 10 ? ` and ${paths.length - 10} more` : '';
  return `${paths.slice(0, 10).join(', ')}${more}`;
}
