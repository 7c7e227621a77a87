import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { enricherRanks, enricherSettings } from '../../shared/enricher-settings.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { openTypesense, postgresIndexId, searchIndexSettings } from '../../shared/search-index-settings.ts';
import { openServedCollection } from '../../shared/served-collection.ts';
import type { ReconcileDeps } from './reconcile.ts';

export const config = z.object({
  ...functionSettings,
  ...searchIndexSettings,
  ...enricherSettings,
  /** Name of the model in force, as `embed` writes it on rows; without it only changed texts are requeued for `embed`. */
  EMBEDDING_MODEL_NAME: z.string().optional(),
  /** Younger work is still on its way by itself. */
  OVERDUE_SECONDS: integer(0, 86_400).default(600),
});

const indexTimeoutMs = 30_000;

/** The index to compare with, if it is Typesense. @throws {ConfigError} as `openTypesense`. */
export function comparedIndex(settings: Parameters<typeof openTypesense>[0]): Pick<ReconcileDeps, 'openIndex'> {
  const typesense = openTypesense(settings, indexTimeoutMs);
  if (!typesense) return {};
  return {
    openIndex: async (db) => ({
      id: (await openServedCollection(typesense, db)).id,
      versions: typesense.versions,
      remove: (id: string) => typesense.deleteDocument(id),
    }),
  };
}

/** What the stages are asked to reach, and the index to compare with. @throws {ConfigError} as `openTypesense`. */
export function reconcileOptions(
  settings: z.infer<typeof config>,
): Pick<ReconcileDeps, 'targets' | 'openIndex' | 'overdueMs'> {
  return {
    overdueMs: settings.OVERDUE_SECONDS * 1000,
    targets: {
      enricherRank: enricherRanks[settings.ENRICHER],
      ...(settings.EMBEDDING_MODEL_NAME ? { embeddingModel: settings.EMBEDDING_MODEL_NAME } : {}),
      ...(settings.SEARCH_INDEX === 'postgres' ? { searchIndex: postgresIndexId } : {}),
    },
    ...comparedIndex(settings),
  };
}
