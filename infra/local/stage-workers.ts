import { createEmbedder } from '../../functions/embed/embed.ts';
import { createEnrichment } from '../../functions/enrich/enrich.ts';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { createTaxonomyReader } from '../../functions/enrich/taxonomy.ts';
import { leaseMs, openSearchIndex } from '../../functions/sync/config.ts';
import { createSynchronizer } from '../../functions/sync/sync.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import type { Stage } from '../../shared/pending.ts';
import { checkAgencies } from './agencies.ts';
import { cliLogger } from './cli-deps.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { type Worker, type WorkOptions, workOffPending } from './pending-work.ts';
import { loadLocalSettings } from './settings.ts';
import { markUnsynced } from './sql.ts';

export type StageOptions = GlobalOptions & WorkOptions & { model?: string; fullSync?: boolean };

/** Works off what is pending in one stage of the database of the options. */
export async function runStage(stage: Stage, options: StageOptions): Promise<void> {
  await withDatabase(options, async (db) => {
    const worker = await openWorker[stage](db, options);
    try {
      if (options.fullSync) await markAllUnsynced(db, options);
      await workOffPending(db, worker, options);
    } finally {
      await worker.close?.();
    }
  });
}

const openWorker: Record<Stage, (db: Database, options: StageOptions) => Promise<Worker>> = {
  enrich: async (db) => {
    const deps = { enricher: createLocalEnricher(), taxonomy: createTaxonomyReader(db) };
    return {
      stage: 'enrich',
      targets: { enricherRank: deps.enricher.rank },
      open: (outbox) => createEnrichment({ ...outbox, ...deps }),
    };
  },
  embed: async (_db, options) => {
    const encoder = await createEncoder(encoderOptions(loadLocalSettings(options.model)));
    return {
      stage: 'embed',
      targets: { embeddingModel: encoder.model },
      open: (outbox) => createEmbedder({ ...outbox, encoder }),
      close: () => encoder.close(),
    };
  },
  sync: async (db, options) => {
    const index = await openSearchIndex(loadLocalSettings(), { db, log: cliLogger(options) });
    return {
      stage: 'sync',
      targets: { searchIndex: index.id },
      open: (outbox) => createSynchronizer({ ...outbox, index, leaseMs }),
    };
  },
};

/** Articles of one statement. */
const markedTogether = 1000;

async function markAllUnsynced(db: Database, options: StageOptions): Promise<void> {
  if (options.agencies) await checkAgencies(db, options.agencies);
  let after: string | undefined = '';
  while (after !== undefined) after = await markUnsynced(db, { ...options, after, limit: markedTogether });
}
