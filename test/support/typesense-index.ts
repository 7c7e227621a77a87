import { type SearchIndex, typesenseIndex } from '../../functions/sync/search-index.ts';
import type { Database } from '../../shared/database.ts';
import { openServedCollection } from '../../shared/served-collection.ts';
import type { Typesense } from '../../shared/typesense.ts';

/** The index that a Typesense server serves now, a collection made where there is none. */
export async function openTypesenseIndex(typesense: Typesense, db: Database): Promise<SearchIndex> {
  return typesenseIndex(typesense, (await openServedCollection(typesense, db)).id);
}
