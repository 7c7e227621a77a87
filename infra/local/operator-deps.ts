import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { enricherRanks, enricherSettings } from '../../shared/enricher-settings.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { Publisher } from '../../shared/publisher.ts';
import { openPubSub } from '../../shared/pubsub.ts';
import { cliLogger } from './cli-deps.ts';
import { checkPublished, countDelivery, type Delivery, warnOfWaiting } from './delivery.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';

const operatorConfig = z.object({ GOOGLE_CLOUD_PROJECT: z.string().optional(), ...enricherSettings });

/** What operators' commands publish with. */
export interface OperatorDeps extends OutboxDeps {
  /** Whether messages go to Pub/Sub. If not they stay in the outbox, for `reconcile` of a running platform to relay. */
  isPublishing: boolean;
  /** Counts on while the publisher is used. */
  delivery: Delivery;
  /** Of the enricher in force. */
  enricherRank: number;
}

/**
 * Runs an operator's command and prints what it returns. Publishes to Pub/Sub where the database is a server and
 * GOOGLE_CLOUD_PROJECT says whose topics are meant.
 *
 * @throws {Error} when messages were to be published and not one could be.
 */
export async function operate(options: GlobalOptions, work: (deps: OperatorDeps) => Promise<string>): Promise<void> {
  await withDatabase(options, async (db) => {
    const { GOOGLE_CLOUD_PROJECT, ENRICHER } = loadConfig(operatorConfig);
    const projectId = options.databaseUrl ? GOOGLE_CLOUD_PROJECT : undefined;
    const { publisher, delivery } = countDelivery(projectId ? openPubSub(projectId) : nobody);
    const isPublishing = projectId !== undefined;
    const enricherRank = enricherRanks[ENRICHER];
    try {
      console.log(await work({ db, publisher, delivery, log: cliLogger(options), isPublishing, enricherRank }));
    } finally {
      await publisher.close();
      if (isPublishing) warnOfWaiting(delivery);
    }
    if (isPublishing) checkPublished(delivery);
  });
}

const nobody: Publisher = {
  publish: () => Promise.reject(new Error('no GOOGLE_CLOUD_PROJECT')),
  close: async () => {},
};
