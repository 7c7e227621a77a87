import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import type { Database } from '../../shared/database.ts';
import { encoderSettings } from '../../shared/encoder.ts';
import { enricherSettings } from '../../shared/enricher-settings.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { usualConnections } from '../../shared/postgres.ts';
import { openTypesense, searchIndexSettings } from '../../shared/search-index-settings.ts';
import { defaultEfSearch } from '../../shared/sql/nearest.ts';
import { storageSettings } from '../../shared/storage-settings.ts';
import { createRateLimit } from './rate-limit.ts';
import type { Indexes } from './search/indexes.ts';
import { searchModelSettings } from './search/model.ts';
import { createPostgresIndex } from './search/postgres.ts';
import { createTypesenseIndex } from './search/typesense.ts';
import { createCatalogueLabels } from './search/typesense-labels.ts';
import { createSemaphore, type Semaphore } from './semaphore.ts';

/** How long people wait, how often they may ask, and how well is searched. */
export const apiSettings = {
  REQUEST_TIMEOUT_MS: integer(100, 30_000).default(5000),
  /** Then the words alone are looked for. */
  ENCODER_TIMEOUT_MS: integer(10, 30_000).default(1500),
  /** Then the database is searched in place of another index. */
  INDEX_TIMEOUT_MS: integer(10, 30_000).default(2000),
  /** Of one client, in one instance; 0: any number. */
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000).default(120),
  /** In front of the function: Cloud Run's own; 2 with a load balancer before it; 0 for none. */
  TRUSTED_PROXIES: integer(0, 10).default(1),
  /** Vectors that a scan of the index keeps in view: more find better, and take longer. */
  HNSW_EF_SEARCH: integer(1, 1000).default(defaultEfSearch),
};
const limits = z.object(apiSettings);

/** Of the connections of an instance one is left for what is read in an instant: articles, and the sign of life. */
const keptConnections = 1;
const maxWaitingSearches = 50;
const maxWaitMs = 1500;

export const config = z.object({
  ...functionSettings,
  ...encoderSettings,
  ...enricherSettings,
  ...searchIndexSettings,
  ...storageSettings,
  ...searchModelSettings,
  ...apiSettings,
});

/** The limits of an answer, as its dependencies have them. */
export function limitsOf(settings: z.infer<typeof limits>) {
  const perMinute = settings.RATE_LIMIT_PER_MINUTE;
  return {
    ...timeouts(settings),
    rateLimit: perMinute > 0 ? createRateLimit(perMinute) : undefined,
    trustedProxies: settings.TRUSTED_PROXIES,
  };
}

/** Room for searches in the database: who finds none within 1.5 seconds, or 50 in line, is turned away. */
function createSearchSlots(connections: number): Semaphore {
  const permits = Math.max(1, connections - keptConnections);
  return createSemaphore({ permits, maxWaiting: maxWaitingSearches, maxWaitMs });
}

/**
 * Where articles are looked for: in Typesense when it is asked for, and in Postgres where that is away; else in Postgres.
 *
 * @throws {ConfigError} when Typesense is asked for and not described.
 */
export function openIndexes(
  settings: Parameters<typeof openTypesense>[0] & IndexSettings,
  db: Database,
  options: { statementTimeoutMs: number },
): Pick<Indexes, 'index' | 'fallback'> & { slots: Semaphore; close(): void } {
  const slots = createSearchSlots(settings.DATABASE_MAX_CONNECTIONS ?? usualConnections);
  const postgres = createPostgresIndex(db, { ...options, efSearch: settings.HNSW_EF_SEARCH, slots });
  const typesense = openTypesense(settings, settings.INDEX_TIMEOUT_MS);
  if (!typesense) return { index: postgres, slots, close: () => {} };
  const index = createTypesenseIndex(typesense, { labels: createCatalogueLabels(db) });
  return { index, fallback: postgres, slots, close: () => typesense.close() };
}

type IndexSettings = Pick<z.infer<typeof limits>, 'INDEX_TIMEOUT_MS' | 'HNSW_EF_SEARCH'> & {
  DATABASE_MAX_CONNECTIONS?: number | undefined;
};

function timeouts(settings: z.infer<typeof limits>) {
  return {
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    encoderTimeoutMs: settings.ENCODER_TIMEOUT_MS,
    indexTimeoutMs: settings.INDEX_TIMEOUT_MS,
  };
}

/** The times where nothing is set. */
export const usualTimeouts = timeouts(limits.parse({}));
