import type { Database, Queryable } from './database.ts';
import { errorText } from './errors.ts';
import type { Logger } from './log.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import {
  claimOutboxMessages,
  deleteOutboxMessages,
  insertOutboxMessages,
  type OutboxMessage,
  postponeOutboxMessages,
} from './sql/outbox.ts';

export interface OutboxDeps {
  db: Database;
  publisher: Publisher;
  log: Logger;
}

/**
 * Commits state and messages together, then publishes: a crash at any instruction loses nothing. When publishing
 * fails the state still stands, the messages stay in the outbox, and `relayOutbox` sends them later.
 *
 * @param work runs in the transaction and returns its result with the messages that announce it.
 */
export async function commitAndPublish<T>(
  deps: OutboxDeps,
  work: (tx: Queryable) => Promise<{ result: T; messages: OutgoingMessage[] }>,
): Promise<T> {
  const { result, messages } = await deps.db.transaction(async (tx) => {
    const outcome = await work(tx);
    const messages = outcome.messages.length ? await insertOutboxMessages(tx, outcome.messages) : [];
    return { result: outcome.result, messages };
  });
  if (messages.length) {
    try {
      await publishAndDelete(deps, messages);
    } catch (error) {
      deps.log.warning('messages stay in the outbox', { messageCount: messages.length, error: errorText(error) });
    }
  }
  return result;
}

/** What a relay did: messages published, and those that the publisher refused. */
export interface RelayReport {
  published: number;
  refused: number;
}

/** How a relay goes about it. */
export interface RelayOptions {
  batchSize?: number;
  /** A publisher that takes longer counts as refusing; well below half of the claim. Default 20,000. */
  publishTimeoutMs?: number;
  /** No further batch is begun after this instant of `performance.now()`. */
  until?: number;
}

/** Outlasts two attempts to publish and the statement after them. */
const claimMs = 120_000;

/**
 * Publishes what was committed and not published, in batches: the least often refused first, and of them the oldest. Any
 * number of relays may run at once: each claims its batch, and a claim of one that died ends by itself. A message that
 * cannot be published is logged, stays, waits for a growing while, and holds up no other; a topic of which nothing of a
 * batch can be is left to the next run.
 *
 * @param minAgeMs younger messages are left to the instance that wrote them.
 */
export async function relayOutbox(
  deps: OutboxDeps,
  minAgeMs: number,
  options: RelayOptions = {},
): Promise<RelayReport> {
  const { batchSize: limit = 500, publishTimeoutMs = 20_000, until = Number.POSITIVE_INFINITY } = options;
  const report: RelayReport = { published: 0, refused: 0 };
  const closedTopics = new Set<string>();
  while (performance.now() < until) {
    const page = { minAgeMs, limit, claimMs, without: [...closedTopics] };
    const messages = await claimOutboxMessages(deps.db, page);
    if (messages.length === 0) break;
    const published = await relayBatch(deps, messages, publishTimeoutMs);
    report.published += published.length;
    report.refused += messages.length - published.length;
    const openTopics = new Set(published.map(({ topic }) => topic));
    for (const { topic } of messages) if (!openTopics.has(topic)) closedTopics.add(topic);
  }
  return report;
}

/** Returns those that were published. */
async function relayBatch(deps: OutboxDeps, messages: OutboxMessage[], timeoutMs: number): Promise<OutboxMessage[]> {
  const publish = (part: OutboxMessage[]) => withinTime(deps.publisher.publish(part), timeoutMs);
  const idsOf = (part: OutboxMessage[]) => part.map(({ id }) => id);
  try {
    await publish(messages);
    await deleteOutboxMessages(deps.db, idsOf(messages));
    return messages;
  } catch {
    // One of them is to blame, or the publisher as a whole: asked one by one, that shows.
  }
  const outcomes = await Promise.allSettled(messages.map((message) => publish([message])));
  const published = messages.filter((_, index) => outcomes[index]!.status === 'fulfilled');
  const refused = messages.filter((_, index) => outcomes[index]!.status === 'rejected');
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') continue;
    const { id, topic } = messages[index]!;
    const error = errorText(outcome.reason);
    deps.log.error('message of the outbox cannot be published', { outboxId: id, topic, error });
  }
  await deleteOutboxMessages(deps.db, idsOf(published));
  await postponeOutboxMessages(deps.db, idsOf(refused));
  return published;
}

async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The publisher did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function publishAndDelete(deps: OutboxDeps, messages: OutboxMessage[]): Promise<void> {
  await deps.publisher.publish(messages);
  await deleteOutboxMessages(
    deps.db,
    messages.map((message) => message.id),
  );
}
