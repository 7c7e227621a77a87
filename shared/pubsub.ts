import type { v1 } from '@google-cloud/pubsub';
import { type Batcher, createBatcher } from './batcher.ts';
import { RetryableError } from './errors.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import { publishError, retriedCodes } from './pubsub-errors.ts';

export interface PubSubOptions {
  /** `host:port` of an emulator, for a process that must not take it from `PUBSUB_EMULATOR_HOST`. */
  endpoint?: string;
  /** How long Pub/Sub may take to accept a message, in milliseconds: the wait for its batch and all tries together. */
  timeoutMs?: number;
}

/** A tenth of what Pub/Sub takes in a request: an error costs little, and the cost of a call is shared well enough. */
const maxBatchMessages = 100;
/** A tenth of what Pub/Sub takes as well. */
const maxBatchBytes = 1024 * 1024;
/** Requests of one topic at the same time. */
const concurrency = 4;
/** Messages of one topic that wait for a request. */
const maxWaiting = 2000;
/** Bytes that were not accepted yet, of all topics. */
const maxOutstandingBytes = 16 * 1024 * 1024;

/** A client that is ready, and what closes it. */
interface Opened {
  client: v1.PublisherClient;
  projectId: string;
  close(): Promise<void>;
}

interface Waiting {
  message: { data: Buffer; attributes: Record<string, string> };
  sizeBytes: number;
  since: number;
}

/**
 * Publishes to Google Cloud Pub/Sub, or to its emulator when `PUBSUB_EMULATOR_HOST` is set. Topics must exist.
 *
 * A message that comes alone leaves at once; what comes while requests are on their way makes up the next batch. (The
 * client library's own batching makes each message wait 10 ms for company, at every stage of the chain.) Beyond the
 * bounds on what waits, messages are refused instead of kept.
 *
 * Retries here only bridge a broken connection: within `timeoutMs`, 10 s unless given, and then `publish` throws. What
 * tries again after that is the outbox, by `reconcile`, and for a message without an outbox row its own redelivery.
 */
export function openPubSub(projectId?: string, options: PubSubOptions = {}): Publisher {
  const { endpoint, timeoutMs = 10_000 } = options;
  const batchers = new Map<string, Batcher<Waiting, void>>();
  const calls = new Set<Promise<void>>();
  let opening: Promise<Opened> | undefined;
  let outstandingBytes = 0;
  let isClosed = false;

  function open(): Promise<Opened> {
    // A client that found no credentials fails for ever: the next call gets another one.
    opening ??= openClient(projectId, endpoint).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function send(topic: string, batch: readonly Waiting[]): Promise<{ value: undefined }[]> {
    let project = projectId ?? 'that is not known';
    try {
      const { client, ...opened } = await open();
      project = opened.projectId;
      const leftMs = batch[0]!.since + timeoutMs - performance.now();
      if (leftMs <= 0) throw new Error('the batches before it took all the time');
      const name = client.projectTopicsPath(project, topic);
      await client.publish({ topic: name, messages: batch.map(({ message }) => message) }, within(leftMs));
    } catch (error) {
      throw publishError(error, { topic, projectId: project, timeoutMs });
    }
    return batch.map(() => ({ value: undefined }));
  }

  function batcherOf(topic: string): Batcher<Waiting, void> {
    const batcher =
      batchers.get(topic) ??
      createBatcher<Waiting, void>((messages) => send(topic, messages), {
        name: `Publishing to ${topic}`,
        maxItems: maxBatchMessages,
        maxBytes: maxBatchBytes,
        sizeOf: ({ sizeBytes }) => sizeBytes,
        concurrency,
        maxWaiting,
      });
    batchers.set(topic, batcher);
    return batcher;
  }

  async function submit({ topic, data, attributes }: OutgoingMessage): Promise<void> {
    const message = { data: Buffer.from(JSON.stringify(data)), attributes };
    const sizeBytes = sizeOf(message);
    if (outstandingBytes + sizeBytes > maxOutstandingBytes) {
      throw new RetryableError(`Publishing to ${topic}: ${outstandingBytes} bytes wait, no more are taken for now`);
    }
    outstandingBytes += sizeBytes;
    try {
      await batcherOf(topic)({ message, sizeBytes, since: performance.now() });
    } finally {
      outstandingBytes -= sizeBytes;
    }
  }

  async function publishAll(messages: readonly OutgoingMessage[]): Promise<void> {
    // A call of thousands, as a relay makes, takes one place after the other: it is never refused for its own size.
    for (let from = 0; from < messages.length; from += maxBatchMessages) {
      const outcomes = await Promise.allSettled(messages.slice(from, from + maxBatchMessages).map(submit));
      const refused = outcomes.find((outcome) => outcome.status === 'rejected');
      if (refused) throw refused.reason;
    }
  }

  return {
    publish: async (messages) => {
      if (isClosed) throw new RetryableError('The publisher is closed');
      const call = publishAll(messages);
      calls.add(call);
      await call.finally(() => calls.delete(call));
    },
    close: async () => {
      isClosed = true;
      await Promise.allSettled(calls);
      await (await opening)?.close();
    },
  };
}

/** The libraries take a quarter of a second to load, which no start has to wait for: an instance listens without them. */
async function openClient(projectId: string | undefined, endpoint: string | undefined): Promise<Opened> {
  const [{ v1 }, { openPubSubClient }] = await Promise.all([
    import('@google-cloud/pubsub'),
    import('./pubsub-client.ts'),
  ]);
  const pubsub = openPubSubClient(projectId, endpoint);
  try {
    // Both find what the environment has: the project, then the credentials.
    const config = await pubsub.getClientConfig();
    if (!pubsub.projectId) throw new Error('no project is known, GOOGLE_CLOUD_PROJECT names it');
    const client = new v1.PublisherClient(config as ConstructorParameters<typeof v1.PublisherClient>[0]);
    await client.initialize();
    const close = async () => {
      await client.close();
      await pubsub.close();
    };
    return { client, projectId: pubsub.projectId, close };
  } catch (error) {
    await pubsub.close();
    throw error;
  }
}

function sizeOf({ data, attributes }: Waiting['message']): number {
  return Object.entries(attributes).reduce((sum, [key, value]) => sum + key.length + value.length, data.length);
}

/** One try may take half of the time, so that a connection that is silent is left for another one. */
function within(timeoutMs: number) {
  return {
    retry: {
      retryCodes: [...retriedCodes],
      backoffSettings: {
        initialRetryDelayMillis: 100,
        retryDelayMultiplier: 2,
        maxRetryDelayMillis: 2000,
        initialRpcTimeoutMillis: timeoutMs / 2,
        rpcTimeoutMultiplier: 1,
        maxRpcTimeoutMillis: timeoutMs / 2,
        totalTimeoutMillis: timeoutMs,
      },
    },
  };
}
