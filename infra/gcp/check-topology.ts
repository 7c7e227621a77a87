import { Cron } from 'croner';
import { ConfigError, errorMessage } from '../../shared/errors.ts';
import { type Delivery, type PipelineFunction, replayWindowSeconds } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';
import type { Topology } from './topology.ts';

const outageSeconds = 2 * 3600;
/** Longest wait of Cloud Scheduler for an answer, and of Cloud Run. */
const maxScheduledSeconds = 1800;
const maxRequestSeconds = 3600;
/** Of Cloud Run's second generation. */
const minMemoryMiB = 512;
/** What Cloud Run takes at most of memory for so many CPUs. */
const memoryLimits = [
  { cpu: 1, memoryMiB: 4096 },
  { cpu: 2, memoryMiB: 8192 },
  { cpu: 4, memoryMiB: 16_384 },
  { cpu: 8, memoryMiB: 32_768 },
] as const;
/** What Postgres keeps for superusers, the migration and people. */
const reservedConnections = 15;
/** What Pub/Sub takes. */
const deliveryBounds = {
  ackDeadlineSeconds: [10, 600],
  minBackoffSeconds: [0, 600],
  maxBackoffSeconds: [0, 600],
  maxDeliveryAttempts: [5, 100],
  retentionSeconds: [600, 31 * 24 * 3600],
} as const;

/** Memory that a function with the model needs: its weights, what an inference takes, and Node with the tokenizer. */
export function memoryForModelMiB(fileMiB: number): number {
  return Math.ceil(fileMiB * 1.5) + 512;
}

/** How long a subscription tries before it gives a message up, its last attempt not counted. */
export function attemptsOutlastSeconds(delivery: Delivery): number {
  const { minBackoffSeconds, maxBackoffSeconds, maxDeliveryAttempts } = delivery;
  return Array.from({ length: maxDeliveryAttempts - 1 }, (_, attempt) =>
    Math.min(maxBackoffSeconds, minBackoffSeconds * 2 ** attempt),
  ).reduce((sum, seconds) => sum + seconds, 0);
}

/**
 * Refuses tables that cannot work, before there is a resource of them.
 *
 * @throws {ConfigError} with one sentence a problem.
 */
export function checkTopology(topology: Topology, environment: Environment): void {
  const problems = [
    ...topology.functions.flatMap((entry) => [
      ...triggerProblems(entry, topology),
      ...(entry.delivery ? deliveryProblems(entry, entry.delivery) : []),
      ...sizeProblems(entry, environment),
    ]),
    ...nameProblems(topology, environment),
    ...topicProblems(topology),
    ...connectionProblems(topology, environment),
    ...alertProblems(topology, environment),
  ];
  if (problems.length === 0) return;
  throw new ConfigError(`The topology cannot work:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
}

function triggerProblems(entry: PipelineFunction, { functions, topics }: Topology): string[] {
  const { name, trigger, delivery, timeoutSeconds } = entry;
  if (trigger.kind === 'cron') {
    const problem = scheduleProblem(trigger.schedule);
    return [
      ...(problem ? [`The schedule ${trigger.schedule} of ${name} is none: ${problem}.`] : []),
      ...(timeoutSeconds > maxScheduledSeconds
        ? [
            `${name} may take ${timeoutSeconds} s, but Cloud Scheduler waits ${maxScheduledSeconds} s at most and would then call it again.`,
          ]
        : []),
    ];
  }
  if (trigger.kind === 'http') return [];
  if (!delivery) return [`${name} takes messages, but nothing says how they are delivered and when they are given up.`];
  if (trigger.kind === 'dead-letters') return [];
  return [
    ...(topics.includes(trigger.topic)
      ? []
      : [`${name} waits for the topic ${trigger.topic}, which is not in the table.`]),
    ...(functions.some((other) => other.trigger.kind === 'dead-letters')
      ? []
      : [`What ${name} gives up has no dead-letter path: no function takes the dead-letter topics.`]),
  ];
}

function scheduleProblem(schedule: string): string | undefined {
  if (schedule.trim().split(/\s+/).length !== 5) return 'it has not five fields';
  try {
    new Cron(schedule, { paused: true });
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

function deliveryProblems({ name, timeoutSeconds }: PipelineFunction, delivery: Delivery): string[] {
  const { ackDeadlineSeconds, minBackoffSeconds, maxBackoffSeconds, retentionSeconds } = delivery;
  const outlasts = attemptsOutlastSeconds(delivery);
  const outOfBounds = Object.entries(deliveryBounds).flatMap(([key, [least, most]]) => {
    const value = delivery[key as keyof Delivery];
    return value >= least && value <= most ? [] : [`${key} of ${name} is ${value}, Pub/Sub takes ${least} to ${most}.`];
  });
  return [
    ...outOfBounds,
    ...(ackDeadlineSeconds < timeoutSeconds
      ? [
          `The ack deadline of ${name} is ${ackDeadlineSeconds} s and its timeout ${timeoutSeconds} s: a message would be sent again while it is being worked on.`,
        ]
      : []),
    ...(minBackoffSeconds > maxBackoffSeconds
      ? [`The least backoff of ${name} (${minBackoffSeconds} s) is above its longest (${maxBackoffSeconds} s).`]
      : []),
    ...(outlasts < outageSeconds
      ? [`The attempts of ${name} last ${outlasts} s: an outage of ${outageSeconds} s would dead-letter what waits.`]
      : []),
    ...(retentionSeconds < replayWindowSeconds
      ? [
          `${name} keeps messages ${retentionSeconds} s, less than the ${replayWindowSeconds} s that an operator can seek back.`,
        ]
      : []),
  ];
}

function sizeProblems(entry: PipelineFunction, { model }: Environment): string[] {
  const { name, memoryMiB, cpu, concurrency, minInstances = 0, maxInstances, timeoutSeconds } = entry;
  const limit = memoryLimits.find((candidate) => cpu <= candidate.cpu);
  const modelMiB = memoryForModelMiB(model.fileMiB);
  return [
    ...(cpu < 1 && concurrency > 1
      ? [
          `${name} takes ${concurrency} requests at a time with ${cpu} CPU: Cloud Run gives less than one CPU one request.`,
        ]
      : []),
    ...(cpu > 1 && !memoryLimits.some((candidate) => candidate.cpu === cpu)
      ? [`${name} asks for ${cpu} CPU: above one, Cloud Run has 2, 4 and 8.`]
      : []),
    ...(memoryMiB < minMemoryMiB
      ? [`${name} has ${memoryMiB} MiB: the second generation of Cloud Run starts at ${minMemoryMiB} MiB.`]
      : []),
    ...(!limit || memoryMiB > limit.memoryMiB
      ? [`${name} asks for ${memoryMiB} MiB with ${cpu} CPU: Cloud Run has ${limit?.memoryMiB ?? 0} MiB for that.`]
      : []),
    ...(entry.uses?.includes('model') && memoryMiB < modelMiB
      ? [
          `${name} has ${memoryMiB} MiB, too small for the model: its file of ${model.fileMiB} MiB needs ${modelMiB} MiB to run.`,
        ]
      : []),
    ...(minInstances > maxInstances
      ? [`${name} keeps ${minInstances} instances, more than the ${maxInstances} it may have.`]
      : []),
    ...(timeoutSeconds > maxRequestSeconds
      ? [`${name} may take ${timeoutSeconds} s, Cloud Run ends requests after ${maxRequestSeconds} s.`]
      : []),
  ];
}

function nameProblems({ functions, alerts }: Topology, environment: Environment): string[] {
  const names = new Set(functions.map(({ name }) => name as string));
  return [
    ...twice([...functions, ...alerts].map(({ name }) => name)).map((name) => `${name} is in the table twice.`),
    ...Object.keys(environment.functions)
      .filter((name) => !names.has(name))
      .map((name) => `The environment ${environment.name} sizes ${name}, which is not in the table.`),
  ];
}

function topicProblems({ functions, topics }: Topology): string[] {
  const publishers = functions.flatMap(({ name, publishes, alsoPublishes = [] }) =>
    [...(publishes ? [publishes] : []), ...alsoPublishes].map((topic) => ({ name, topic })),
  );
  return [
    ...publishers
      .filter(({ topic }) => !topics.includes(topic))
      .map(({ name, topic }) => `${name} publishes to ${topic}, which is not in the table.`),
    ...topics
      .filter((topic) => !functions.some(({ publishes }) => publishes === topic))
      .map((topic) => `No function publishes the topic ${topic}.`),
  ];
}

function connectionProblems({ functions }: Topology, { database }: Environment): string[] {
  const connections = functions.map(
    ({ maxInstances, connections: each = database.connectionsPerInstance }) => maxInstances * each,
  );
  const wanted = connections.reduce((sum, count) => sum + count, reservedConnections);
  if (wanted <= database.maxConnections) return [];
  return [
    `All instances together may open ${wanted} connections (${reservedConnections} kept for operators), the database takes ${database.maxConnections}.`,
  ];
}

function alertProblems({ alerts, functions }: Topology, { search }: Environment): string[] {
  const names = new Set<string>(functions.map(({ name }) => name));
  return alerts.flatMap(({ name, condition }) => {
    if (condition.kind === 'status' && !functions.some((entry) => entry.isPublic)) {
      return [`The alert ${name} reads ${condition.path}, but no function is public.`];
    }
    if (condition.kind === 'search-server' && search.index !== 'typesense') {
      return [`The alert ${name} watches the server of Typesense, but search is in ${search.index}.`];
    }
    if ('function' in condition && !names.has(condition.function)) {
      return [`The alert ${name} watches ${condition.function}, which is not in the table.`];
    }
    return [];
  });
}

function twice(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
