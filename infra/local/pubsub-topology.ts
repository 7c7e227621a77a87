import type { CreateSubscriptionOptions, PubSub } from '@google-cloud/pubsub';
import { ConfigError } from '../../shared/errors.ts';
import { type FunctionName, type Subscription, topics } from '../../shared/pipeline.ts';

export interface TopologyOptions {
  subscriptions: readonly Subscription[];
  /** Where a function takes its pushes. */
  urlOf(name: FunctionName): string;
}

/** What Pub/Sub takes; the table is held against it here, as the emulator takes some that Pub/Sub does not. */
const bounds = {
  ackDeadlineSeconds: [10, 600],
  minBackoffSeconds: [0, 600],
  maxBackoffSeconds: [0, 600],
  maxDeliveryAttempts: [5, 100],
  retentionSeconds: [600, 31 * 24 * 3600],
} as const;

const alreadyExists = 6;

/**
 * Creates the topics of the chain, the dead-letter topics and the push subscriptions, as they are deployed. What is
 * there already is brought to these settings; the messages in it stay.
 *
 * @throws {ConfigError} when a subscription asks for what Pub/Sub does not do, or exists on another topic.
 */
export async function applyTopology(client: PubSub, options: TopologyOptions): Promise<void> {
  for (const subscription of options.subscriptions) checkBounds(subscription);
  const deadLetterTopics = options.subscriptions.flatMap(({ deadLetterTopic }) => deadLetterTopic ?? []);
  const names = new Set([...topics, ...options.subscriptions.map(({ topic }) => topic), ...deadLetterTopics]);
  await Promise.all([...names].map((name) => unlessThere(client.createTopic(name))));
  await Promise.all(options.subscriptions.map((subscription) => applySubscription(client, subscription, options)));
}

async function applySubscription(client: PubSub, subscription: Subscription, { urlOf }: TopologyOptions) {
  const { name, topic, deadLetterTopic } = subscription;
  const settings: CreateSubscriptionOptions = {
    ackDeadlineSeconds: subscription.ackDeadlineSeconds,
    retryPolicy: {
      minimumBackoff: duration(subscription.minBackoffSeconds),
      maximumBackoff: duration(subscription.maxBackoffSeconds),
    },
    ...(deadLetterTopic
      ? {
          deadLetterPolicy: {
            deadLetterTopic: client.topic(deadLetterTopic).name,
            maxDeliveryAttempts: subscription.maxDeliveryAttempts,
          },
        }
      : {}),
    messageRetentionDuration: { seconds: subscription.retentionSeconds },
    retainAckedMessages: true,
    pushConfig: { pushEndpoint: urlOf(subscription.function) },
  };
  // Never expires: by default Pub/Sub deletes a subscription that was idle for 31 days. (The emulator updates all but it.)
  if (await unlessThere(client.createSubscription(topic, name, { ...settings, expirationPolicy: {} }))) return;
  const existing = client.subscription(name);
  const [metadata] = await existing.getMetadata();
  if (metadata.topic !== client.topic(topic).name) {
    throw new ConfigError(
      `Subscription ${name} is on ${metadata.topic}, expected ${client.topic(topic).name}: delete it`,
    );
  }
  await existing.setMetadata(settings);
}

/** @returns whether it was created; false when it was there. */
async function unlessThere(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === alreadyExists) return false;
    throw error;
  }
}

function checkBounds(subscription: Subscription): void {
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const value = subscription[name as keyof typeof bounds];
    if (value >= least && value <= most) continue;
    throw new ConfigError(`Subscription ${subscription.name}: ${name} is ${value}, Pub/Sub takes ${least} to ${most}`);
  }
}

/** Pub/Sub's Duration, which has whole seconds and nanoseconds. */
function duration(seconds: number): { seconds: number; nanos: number } {
  const whole = Math.floor(seconds);
  return { seconds: whole, nanos: Math.round((seconds - whole) * 1e9) };
}
