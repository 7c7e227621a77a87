import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import type { Database } from '../../shared/database.ts';
import { enricherRanks, enricherSettings } from '../../shared/enricher-settings.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { openPubSub } from '../../shared/pubsub.ts';
import { cliLogger } from './cli-deps.ts';
import type { GlobalOptions } from './options.ts';

const operatorConfig = z.object({ GOOGLE_CLOUD_PROJECT: z.string().optional(), ...enricherSettings });

/** What operators' commands publish with. */
export interface OperatorDeps extends OutboxDeps {
  /** Whether messages go to Pub/Sub. If not they stay in the outbox, for `reconcile` of a running platform to relay. */
  isPublishing: boolean;
  /** Of the enricher in force. */
  enricherRank: number;
}

/** Publishes to Pub/Sub where the database is a server and GOOGLE_CLOUD_PROJECT says whose topics are meant. */
export async function withOperatorDeps<T>(
  db: Database,
  options: GlobalOptions,
  work: (deps: OperatorDeps) => Promise<T>,
): Promise<T> {
  const settings = loadConfig(operatorConfig);
  const projectId = options.databaseUrl ? settings.GOOGLE_CLOUD_PROJECT : undefined;
  const publisher = projectId
    ? openPubSub(projectId)
    : { publish: () => Promise.reject(new Error('no GOOGLE_CLOUD_PROJECT')), close: async () => {} };
  try {
    const enricherRank = enricherRanks[settings.ENRICHER];
    return await work({ db, publisher, log: cliLogger(options), isPublishing: projectId !== undefined, enricherRank });
  } finally {
    await publisher.close();
  }
}
