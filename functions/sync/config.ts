import { z } from 'zod';
import type { Database } from '../../shared/database.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import type { Logger } from '../../shared/log.ts';
import { openTypesense, searchIndexSettings } from '../../shared/search-index-settings.ts';
import { openServedCollection } from '../../shared/served-collection.ts';
import { postgresIndex, type SearchIndex, typesenseIndex } from './search-index.ts';

const searchIndexConfig = z.object(searchIndexSettings);

export const config = z.object({ ...functionSettings, ...searchIndexSettings });

/** Longest time of one request to the index; the lease on a row outlasts it. */
export const indexTimeoutMs = 30_000;
export const leaseMs = 2 * indexTimeoutMs;

/**
 * The index that is asked for, its collection created where there is none.
 *
 * @throws {ConfigError} when Typesense is asked for and not described.
 */
export async function openSearchIndex(
  settings: z.infer<typeof searchIndexConfig>,
  { db, log }: { db: Database; log: Logger },
): Promise<SearchIndex> {
  const typesense = openTypesense(settings, indexTimeoutMs);
  if (!typesense) return postgresIndex;
  const { id, name, isCurrent } = await openServedCollection(typesense, db);
  if (!isCurrent) {
    log.warning('the search index serves a collection of another schema: "destaques typesense rebuild"', {
      stage: 'sync',
      collection: name,
    });
  }
  return typesenseIndex(typesense, id);
}
