import { PermanentError } from '../../shared/errors.ts';
import { openServedCollection } from '../../shared/served-collection.ts';
import { listSearchCollections } from '../../shared/sql/search-collections.ts';
import type { BesideDeps } from './write-beside.ts';

/**
 * Lets the alias lead to a collection that is verified or kept up to date. The alias first: a kill in between leaves two
 * that are written to, and whoever looks next notes which of them is served.
 *
 * @throws {PermanentError} when it was given up meanwhile.
 */
export async function serveCollection(name: string, { db, typesense }: BesideDeps): Promise<void> {
  const known = (await listSearchCollections(db)).find((collection) => collection.name === name);
  const isReady = known !== undefined && ['verified', 'former', 'serving'].includes(known.state);
  if (!isReady || !(await typesense.collections.find(name))) {
    throw new PermanentError(`${name} cannot be served: it was pruned, or another rebuild began, meanwhile`);
  }
  await typesense.collections.point(name);
  await openServedCollection(typesense, db);
}
