import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { openPubSub } from '../../shared/pubsub.ts';
import { openPubSubClient } from '../../shared/pubsub-client.ts';
import type { BusContext, MessageBus } from './bus.ts';
import { startEmulator, useEmulator } from './pubsub-emulator.ts';
import { applyTopology } from './pubsub-topology.ts';

const environment = z.object({
  PUBSUB_EMULATOR_HOST: z.string().optional(),
  GOOGLE_CLOUD_PROJECT: z.string().default('destaques-local'),
});

/** The bus of Pub/Sub's emulator. */
export interface EmulatorBus extends MessageBus {
  /** `host:port` of the emulator. */
  endpoint: string;
  projectId: string;
}

/** Whether the environment names an emulator that runs. */
export function hasEmulatorHost(env?: NodeJS.ProcessEnv): boolean {
  return loadConfig(environment, env).PUBSUB_EMULATOR_HOST !== undefined;
}

/**
 * Pub/Sub's emulator as the bus: the one of PUBSUB_EMULATOR_HOST, else one that is started here and ends with `close`,
 * and its messages with it. What is published before `start` has no subscription yet, unless an earlier run left it.
 *
 * The emulator (0.8.20, tried) keeps to the dead-letter policy with its exact count of attempts, to the backoff (but a
 * message that is refused waits a second at least), to the ack deadline (an answer after it acknowledges nothing, and
 * the message comes again), to the retention of acknowledged messages, and to seeks.
 *
 * It does not do what else Pub/Sub does: filters are ignored, pushes carry no OIDC token, no `deliveryAttempt` and no
 * `orderingKey`; a push that is never answered is never given up. It pushes two messages of a subscription at a time at
 * most, whatever its function would take, and looks for new ones ten times a second: a chain of four stages takes some
 * tenths of a second, and its rate says nothing of the deployed one.
 *
 * @throws {NoEmulatorError} where none runs and none is installed.
 */
export async function openEmulatorBus(
  { subscriptions, urlOf }: BusContext,
  env?: NodeJS.ProcessEnv,
): Promise<EmulatorBus> {
  const { PUBSUB_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: projectId } = loadConfig(environment, env);
  const emulator = host ? await useEmulator(host) : await startEmulator();
  const { endpoint } = emulator;
  const publisher = openPubSub(projectId, { endpoint });
  const published = new Map<string, number>();
  return {
    endpoint,
    projectId,
    published,
    start: async () => {
      const client = openPubSubClient(projectId, endpoint);
      try {
        await applyTopology(client, { subscriptions, urlOf });
      } finally {
        await client.close();
      }
    },
    publish: async (messages) => {
      await publisher.publish(messages);
      for (const { topic } of messages) published.set(topic, (published.get(topic) ?? 0) + 1);
    },
    close: async () => {
      await publisher.close();
      await emulator.stop();
    },
  };
}
