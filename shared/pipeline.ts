/**
 * The topology of the platform as data. `infra/local` runs it on one machine, `infra/gcp` turns it into resources, and
 * a test holds the drawing of the README against it: what is tested on a laptop is what is deployed.
 */

/** Topics of the chain, named by the participle of the function that publishes them (`dispatch`: requested). */
export const topics = ['requested', 'scraped', 'enriched', 'embedded', 'synced'] as const;
export type Topic = (typeof topics)[number];

/** Names of the deployed functions: verbs, as their folders. */
export type FunctionName =
  | 'dispatch'
  | 'scrape'
  | 'enrich'
  | 'embed'
  | 'sync'
  | 'export'
  | 'import'
  | 'reconcile'
  | 'quarantine'
  | 'api';

/** A further schedule of a function, with a body that asks for something else. */
export interface ScheduledCall {
  schedule: string;
  body: Readonly<Record<string, unknown>>;
}

/** What calls a function: a schedule (America/Sao_Paulo), a topic, the dead-letter topics of all others, or people. */
export type Trigger =
  | { kind: 'cron'; schedule: string; also?: ScheduledCall }
  | { kind: 'topic'; topic: Topic }
  | { kind: 'dead-letters' }
  | { kind: 'http' };

/**
 * What a function may use beside Postgres and the topics that it publishes. Each gives it the environment variables,
 * the roles and the secrets for that, and nothing else.
 *
 * - `model`: the files of the embedding model; `model-name`: which one is in force
 * - `raw-pages`: the store of pages as they came
 * - `enricher`: which enricher is in force; `enricher-service`: that service itself
 * - `search-index`: which index is in force, and how it is reached
 * - `articles`: what readers are served, from Postgres or from the open dataset
 * - `dataset`: where the open dataset goes; `hub`: the Hugging Face Hub, with a token
 */
export type Use =
  | 'model'
  | 'model-name'
  | 'raw-pages'
  | 'enricher'
  | 'enricher-service'
  | 'search-index'
  | 'articles'
  | 'dataset'
  | 'hub';

/** How Pub/Sub delivers to a function. */
export interface Delivery {
  /** Never below the function's timeout: a push that is still being worked on must not be sent again. */
  ackDeadlineSeconds: number;
  minBackoffSeconds: number;
  maxBackoffSeconds: number;
  /** Attempts before the message goes to the dead-letter topic; with the backoff they outlast a two-hour outage. */
  maxDeliveryAttempts: number;
  /** How long messages are kept, those that were acknowledged too: how far back a subscription can be sought. */
  retentionSeconds: number;
}

/** A deployed function: what starts it, what it publishes, what it may use. */
export interface PipelineFunction {
  name: FunctionName;
  trigger: Trigger;
  publishes?: Topic;
  /** Off the chain: what goes on in another message, and what a crash or a late stage left to be said again. */
  alsoPublishes?: readonly Topic[];
  memoryMiB: number;
  cpu: number;
  /** Requests that one instance takes at a time. */
  concurrency: number;
  /** Connections to the database that one instance opens at most; those of the environment unless given. */
  connections?: number;
  maxInstances: number;
  /** Instances that are kept though nobody calls: 0 unless given, as each costs money. */
  minInstances?: number;
  timeoutSeconds: number;
  delivery?: Delivery;
  uses?: readonly Use[];
  /** Anyone may call it; any other function needs a caller that is named. */
  isPublic?: boolean;
}

/** How far back an operator can seek a subscription: topics and subscriptions keep messages at least this long. */
export const replayWindowSeconds = 7 * 24 * 3600;

const delivery: Delivery = {
  ackDeadlineSeconds: 600,
  minBackoffSeconds: 10,
  maxBackoffSeconds: 600,
  maxDeliveryAttempts: 20,
  retentionSeconds: replayWindowSeconds,
};

/** The functions of the platform, along the chain. */
export const pipeline: readonly PipelineFunction[] = [
  {
    name: 'dispatch',
    trigger: { kind: 'cron', schedule: '*/15 * * * *' },
    publishes: 'requested',
    memoryMiB: 512,
    cpu: 1,
    concurrency: 1,
    maxInstances: 1,
    timeoutSeconds: 60,
  },
  {
    name: 'scrape',
    trigger: { kind: 'topic', topic: 'requested' },
    publishes: 'scraped',
    alsoPublishes: ['requested'],
    memoryMiB: 1024,
    cpu: 1,
    // Nearly all sources share one host, which is asked once a second: more instances would only wait, each at its price.
    concurrency: 80,
    maxInstances: 1,
    timeoutSeconds: 540,
    delivery,
    uses: ['raw-pages'],
  },
  {
    name: 'enrich',
    trigger: { kind: 'topic', topic: 'scraped' },
    publishes: 'enriched',
    memoryMiB: 512,
    cpu: 1,
    concurrency: 20,
    maxInstances: 10,
    timeoutSeconds: 120,
    delivery,
    uses: ['enricher', 'enricher-service'],
  },
  {
    name: 'embed',
    trigger: { kind: 'topic', topic: 'enriched' },
    publishes: 'embedded',
    memoryMiB: 2048,
    cpu: 2,
    concurrency: 32,
    maxInstances: 4,
    timeoutSeconds: 120,
    delivery,
    uses: ['model'],
  },
  {
    name: 'sync',
    trigger: { kind: 'topic', topic: 'embedded' },
    publishes: 'synced',
    memoryMiB: 512,
    cpu: 1,
    concurrency: 40,
    maxInstances: 4,
    timeoutSeconds: 60,
    delivery,
    uses: ['search-index'],
  },
  {
    name: 'export',
    // The frequent call is for the phases of a move (STORAGE_BACKEND): far below the Hub's 128 commits an hour.
    trigger: {
      kind: 'cron',
      schedule: '30 5 * * *',
      also: { schedule: '*/15 * * * *', body: { only_journaled: true } },
    },
    memoryMiB: 2048,
    cpu: 2,
    concurrency: 1,
    maxInstances: 1,
    timeoutSeconds: 1800,
    uses: ['dataset', 'hub'],
  },
  {
    name: 'import',
    trigger: { kind: 'http' },
    memoryMiB: 2048,
    cpu: 2,
    concurrency: 1,
    maxInstances: 1,
    timeoutSeconds: 1800,
    uses: ['hub'],
  },
  {
    name: 'reconcile',
    trigger: { kind: 'cron', schedule: '*/5 * * * *' },
    alsoPublishes: topics,
    memoryMiB: 512,
    cpu: 1,
    // An operator's call need not wait for a replay that a schedule carries on.
    concurrency: 4,
    maxInstances: 1,
    timeoutSeconds: 300,
    uses: ['model-name', 'enricher', 'search-index'],
  },
  {
    name: 'quarantine',
    trigger: { kind: 'dead-letters' },
    memoryMiB: 512,
    cpu: 1,
    concurrency: 20,
    maxInstances: 2,
    timeoutSeconds: 60,
    delivery,
  },
  {
    name: 'api',
    trigger: { kind: 'http' },
    memoryMiB: 2048,
    cpu: 2,
    concurrency: 40,
    // Searches take all of them but one.
    connections: 4,
    maxInstances: 7,
    timeoutSeconds: 30,
    uses: ['articles', 'model', 'enricher', 'search-index'],
    isPublic: true,
  },
];

/** A push subscription: which function gets the messages of which topic, and where those go that it never takes. */
export interface Subscription extends Delivery {
  name: string;
  topic: string;
  function: FunctionName;
  deadLetterTopic?: string;
}

/** Name of the topic that takes what a function's subscription gives up. */
export function deadLetterTopic(name: FunctionName): string {
  return `${name}-dead-letters`;
}

/** All push subscriptions of the table: one a topic-triggered function, and one to `quarantine` for each of those. */
export function subscriptions(functions: readonly PipelineFunction[] = pipeline): Subscription[] {
  const quarantine = functions.find((entry) => entry.trigger.kind === 'dead-letters');
  return functions.flatMap((entry): Subscription[] => {
    if (entry.trigger.kind !== 'topic' || !entry.delivery) return [];
    const topic = deadLetterTopic(entry.name);
    const main: Subscription = {
      ...entry.delivery,
      name: entry.name,
      topic: entry.trigger.topic,
      function: entry.name,
      deadLetterTopic: topic,
    };
    if (!quarantine?.delivery) return [main];
    return [main, { ...quarantine.delivery, name: topic, topic, function: quarantine.name }];
  });
}
