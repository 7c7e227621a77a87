import type { Database } from './database.ts';
import { typesenseIndexId } from './search-index-settings.ts';
import { findServingCollection, registerServing } from './sql/search-collections.ts';
import type { Typesense } from './typesense.ts';

/** The collection behind the alias, and the index that it shows. */
export interface ServedCollection {
  /** As it stands on rows. */
  id: string;
  name: string;
  /** Whether it has today's schema; if not, a rebuild is due. */
  isCurrent: boolean;
}

/** Finds the collection that is served, or makes one, and notes in Postgres that it is. @throws as `ensureCollection`. */
export async function openServedCollection(typesense: Typesense, db: Database): Promise<ServedCollection> {
  const known = await findServingCollection(db);
  const { name, createdAt, isCurrent } = await typesense.ensureCollection(known?.name);
  const id = await registerServing(db, { name, createdAt }, typesenseIndexId({ name, createdAt }));
  return { id, name, isCurrent };
}
