import type { Queryable } from '../../shared/database.ts';
import { shardPeriod } from '../../shared/dataset-period.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type DatasetRef, listLedgerShards } from './sql.ts';
import type { DatasetTarget } from './target.ts';

/**
 * Guards what others published: while readers are served from the dataset, an export must not delete the shards of
 * another pipeline before they are in the table. They show by their names; before our first export all are replaced.
 *
 * @throws {PermanentError} when there are such shards; the text says how they come into the table.
 */
export async function refuseForeignShards(
  { target, ...ref }: DatasetRef & { target: DatasetTarget },
  db: Queryable,
): Promise<void> {
  if ((await listLedgerShards(db, ref)).length === 0) return;
  const { files } = await target.readTree();
  const foreign = [...files.keys()].filter((path) => !shardPeriod(path));
  if (foreign.length === 0) return;
  throw new PermanentError(
    `The dataset has ${foreign.length} shards that this pipeline did not write (${foreign.slice(0, 3).join(', ')}), and ` +
      'an export would delete them: import them with "destaques migrate-hf-to-pg", then run "destaques sync-hf --full-sync"',
  );
}
