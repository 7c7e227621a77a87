import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBus } from '../../infra/local/bus.ts';
import { NoEmulatorError } from '../../infra/local/emulator-sdk.ts';
import { type PubSubEmulator, startEmulator } from '../../infra/local/pubsub-emulator.ts';
import { applyTopology } from '../../infra/local/pubsub-topology.ts';
import { silentLogger } from '../../shared/log.ts';
import { type FunctionName, type Subscription, subscriptions } from '../../shared/pipeline.ts';
import type { OutgoingMessage, Publisher } from '../../shared/publisher.ts';
import { openPubSub } from '../../shared/pubsub.ts';
import { openPubSubClient } from '../../shared/pubsub-client.ts';

export interface RunningBus {
  kind: 'emulator' | 'in-process';
  /** For what the run itself publishes. */
  publisher: Publisher;
  /** By which an instance finds the bus. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** Of the stages on the chain and of their dead letters: as deployed, but a run has minutes and no hours. */
function chaosSubscriptions(): Subscription[] {
  return subscriptions()
    .filter(({ name }) => !name.startsWith('scrape'))
    .map((subscription) => ({
      ...subscription,
      ackDeadlineSeconds: 20,
      minBackoffSeconds: 0.1,
      maxBackoffSeconds: 2,
      maxDeliveryAttempts: 100,
    }));
}

/**
 * The bus that is asked for; undefined means the emulator where it is installed, else the in-process bus.
 *
 * @throws {NoEmulatorError} when the emulator is asked for and not installed.
 */
export async function openBus(
  kind: RunningBus['kind'] | undefined,
  gatewayUrl: string,
  concurrency: (name: FunctionName) => number,
): Promise<RunningBus> {
  if (kind === 'in-process') return await openInProcessBus(gatewayUrl, concurrency);
  try {
    return await openEmulatorBus(await startEmulator(), gatewayUrl);
  } catch (error) {
    if (kind !== undefined || !(error instanceof NoEmulatorError)) throw error;
    return await openInProcessBus(gatewayUrl, concurrency);
  }
}

async function openEmulatorBus(emulator: PubSubEmulator, gatewayUrl: string): Promise<RunningBus> {
  const { endpoint } = emulator;
  const projectId = 'chaos';
  const admin = openPubSubClient(projectId, endpoint);
  await applyTopology(admin, { subscriptions: chaosSubscriptions(), urlOf: (name) => `${gatewayUrl}/${name}` });
  await admin.close();
  const publisher = openPubSub(projectId, { endpoint });
  return {
    kind: 'emulator',
    publisher,
    env: { PUBSUB_EMULATOR_HOST: endpoint, GOOGLE_CLOUD_PROJECT: projectId },
    close: async () => {
      await publisher.close();
      await emulator.stop();
    },
  };
}

/** The bus of one machine, in the process of the run; instances publish to it over HTTP. */
async function openInProcessBus(gatewayUrl: string, concurrency: (name: FunctionName) => number): Promise<RunningBus> {
  const bus = createBus({
    subscriptions: chaosSubscriptions(),
    concurrency: ({ function: name }) => concurrency(name),
    log: silentLogger,
    push: async (subscription, body, signal) => {
      const answer = await fetch(`${gatewayUrl}/${subscription.function}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      });
      await answer.arrayBuffer();
      return answer.status;
    },
  });
  const server = createServer((request, response) => {
    read(request)
      .then((messages) => bus.publish(messages))
      .then(() => response.writeHead(204).end())
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    kind: 'in-process',
    publisher: bus,
    env: { CHAOS_BUS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    close: async () => {
      await bus.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(request: IncomingMessage): Promise<OutgoingMessage[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as OutgoingMessage[];
}
