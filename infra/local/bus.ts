import { formatEnvelope } from '../../shared/envelope.ts';
import { errorText } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { FunctionName, Subscription } from '../../shared/pipeline.ts';
import type { OutgoingMessage, Publisher } from '../../shared/publisher.ts';

/** Sends one push request; resolves with the HTTP status of the answer. */
export type Push = (subscription: Subscription, body: object, signal: AbortSignal) => Promise<number>;

export interface BusOptions {
  subscriptions: readonly Subscription[];
  push: Push;
  /** Push requests of one subscription in flight at most: what the instances of its function would take. */
  concurrency(subscription: Subscription): number;
  log: Logger;
  now?: () => Date;
}

/** The buses of one machine, as `--bus` names them. */
export const busKinds = ['in-process', 'emulator'] as const;
export type BusKind = (typeof busKinds)[number];

/** What carries messages between functions on one machine: the bus in this process, or Pub/Sub's emulator. */
export interface MessageBus extends Publisher {
  /** Begins to deliver, once all functions listen; a bus without it delivers from the first message on. */
  start?(): Promise<void>;
  /** Messages that were accepted here so far, by topic. */
  readonly published: ReadonlyMap<string, number>;
}

/** What a bus knows of the platform that it serves. */
export interface BusContext {
  subscriptions: readonly Subscription[];
  /** Where a function listens; known once it does. */
  urlOf(name: FunctionName): string;
  log: Logger;
}

/**
 * Pub/Sub's contract within one process: at least once, push, backoff, dead letter. Its messages die with it: `close`
 * aborts the pushes in flight and drops what waits.
 */
export interface Bus extends MessageBus {
  /** Resolves when no message waits, is in flight, or waits for its next attempt, or when the bus is closed. */
  idle(): Promise<void>;
}

interface Delivery {
  data: unknown;
  attributes: Record<string, string>;
  messageId: string;
  publishTime: Date;
  attempt: number;
}

interface Queue {
  subscription: Subscription;
  waiting: Delivery[];
  inFlight: number;
}

/**
 * Every subscription gets its own copy of a message. An answer outside 2xx, or none within the ack deadline, means
 * another attempt after an exponential backoff; after the last one the message goes to the dead-letter topic with the
 * attributes that Pub/Sub gives it.
 *
 * @see https://cloud.google.com/pubsub/docs/handling-failures
 */
export function createBus(options: BusOptions): Bus {
  const { log, now = () => new Date() } = options;
  const queues = options.subscriptions.map((subscription): Queue => ({ subscription, waiting: [], inFlight: 0 }));
  const published = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  const inFlight = new Set<AbortController>();
  let isClosed = false;
  let lastMessageId = 0;
  let outstanding = 0;
  let waiters: (() => void)[] = [];

  function accept(topic: string, data: unknown, attributes: Record<string, string>): void {
    if (isClosed) throw new Error('The bus is closed');
    published.set(topic, (published.get(topic) ?? 0) + 1);
    const messageId = String(++lastMessageId);
    for (const queue of queues) {
      if (queue.subscription.topic !== topic) continue;
      outstanding++;
      queue.waiting.push({ data, attributes, messageId, publishTime: now(), attempt: 1 });
      pump(queue);
    }
  }

  function pump(queue: Queue): void {
    const limit = options.concurrency(queue.subscription);
    while (queue.inFlight < limit && queue.waiting.length > 0 && !isClosed) {
      const delivery = queue.waiting.shift()!;
      queue.inFlight++;
      void deliver(queue, delivery).finally(() => {
        queue.inFlight--;
        pump(queue);
      });
    }
  }

  async function deliver(queue: Queue, delivery: Delivery): Promise<void> {
    const { subscription } = queue;
    const { attempt, ...message } = delivery;
    const body = formatEnvelope({ ...message, subscription: subscription.name, deliveryAttempt: attempt });
    const { ackDeadlineSeconds } = subscription;
    const push = new AbortController();
    const expire = () => push.abort(new Error(`no answer within the ack deadline of ${ackDeadlineSeconds} s`));
    const deadline = setTimeout(expire, ackDeadlineSeconds * 1000);
    inFlight.add(push);
    try {
      const status = await options.push(subscription, body, push.signal);
      if (status >= 200 && status < 300) return settle();
    } catch (error) {
      if (!isClosed) {
        const fields = { subscription: subscription.name, messageId: message.messageId, error: errorText(error) };
        log.warning('push failed', fields);
      }
    } finally {
      clearTimeout(deadline);
      inFlight.delete(push);
    }
    // No attempt and no dead letter follows: a timer would keep the process, and a closed bus accepts nothing.
    if (isClosed) return settle();
    if (attempt >= subscription.maxDeliveryAttempts && subscription.deadLetterTopic) {
      accept(subscription.deadLetterTopic, message.data, {
        ...message.attributes,
        CloudPubSubDeadLetterSourceSubscription: subscription.name,
        CloudPubSubDeadLetterSourceDeliveryCount: String(attempt),
      });
      return settle();
    }
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        queue.waiting.push({ ...delivery, attempt: attempt + 1 });
        pump(queue);
      },
      backoffMs(subscription, attempt),
    );
    timers.add(timer);
  }

  function settle(): void {
    if (--outstanding > 0) return;
    for (const wake of waiters) wake();
    waiters = [];
  }

  return {
    published,
    publish: async (messages: readonly OutgoingMessage[]) => {
      for (const { topic, data, attributes } of messages) accept(topic, data, attributes);
    },
    idle: () => (outstanding === 0 || isClosed ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    close: async () => {
      isClosed = true;
      for (const push of inFlight) push.abort(new Error('the bus is closed'));
      for (const timer of timers) clearTimeout(timer);
      for (const wake of waiters) wake();
    },
  };
}

function backoffMs(subscription: Subscription, attempt: number): number {
  const { minBackoffSeconds, maxBackoffSeconds } = subscription;
  return Math.min(maxBackoffSeconds, minBackoffSeconds * 2 ** (attempt - 1)) * 1000;
}
