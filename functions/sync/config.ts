import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { ConfigError } from '../../shared/errors.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import type { Logger } from '../../shared/log.ts';
import { createTypesense } from '../../shared/typesense.ts';
import { postgresIndex, type SearchIndex, typesenseIndex } from './search-index.ts';

/** Where articles are made searchable, and how Typesense is reached. */
export const searchIndexSettings = {
  SEARCH_INDEX: z.enum(['postgres', 'typesense']).default('postgres'),
  TYPESENSE_HOST: z.string().optional(),
  TYPESENSE_PORT: integer(1, 65_535).default(8108),
  TYPESENSE_PROTOCOL: z.enum(['http', 'https']).default('http'),
  TYPESENSE_API_KEY: z.string().optional(),
};
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
  deps: { log: Logger },
): Promise<SearchIndex> {
  if (settings.SEARCH_INDEX === 'postgres') return postgresIndex;
  const { TYPESENSE_HOST: host, TYPESENSE_API_KEY: apiKey } = settings;
  if (!host || !apiKey) throw new ConfigError('SEARCH_INDEX=typesense needs TYPESENSE_HOST and TYPESENSE_API_KEY');
  const typesense = createTypesense({
    host,
    port: settings.TYPESENSE_PORT,
    protocol: settings.TYPESENSE_PROTOCOL,
    apiKey,
    timeoutMs: indexTimeoutMs,
  });
  const { isCurrent, ...collection } = await typesense.ensureCollection();
  if (!isCurrent) {
    deps.log.warning('the search index serves a collection of another schema', {
      stage: 'sync',
      collection: collection.name,
    });
  }
  return typesenseIndex(typesense, collection);
}
