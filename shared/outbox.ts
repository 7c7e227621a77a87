import type { Database, Queryable } from './database.ts';
import { errorText } from './errors.ts';
import type { Logger } from './log.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import { deleteOutboxMessages, insertOutboxMessages, listOutboxMessages, type OutboxMessage } from './sql/outbox.ts';

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

/**
 * Publishes what was committed and not published, oldest first, in batches. A message that cannot be published is
 * logged, stays, and holds up no other; when nothing of a batch can be, the rest is left for the next run.
 *
 * @param minAgeMs younger messages are left to the instance that wrote them.
 */
export async function relayOutbox(deps: OutboxDeps, minAgeMs: number, batchSize = 500): Promise<RelayReport> {
  const report: RelayReport = { published: 0, refused: 0 };
  let after = 0;
  for (;;) {
    const messages = await listOutboxMessages(deps.db, { minAgeMs, after, limit: batchSize });
    if (messages.length === 0) return report;
    const published = await relayBatch(deps, messages);
    report.published += published;
    report.refused += messages.length - published;
    if (published === 0) return report;
    after = messages.at(-1)!.id;
  }
}

async function relayBatch(deps: OutboxDeps, messages: OutboxMessage[]): Promise<number> {
  try {
    await publishAndDelete(deps, messages);
    return messages.length;
  } catch {
    // One of them is to blame, or the publisher as a whole: asked one by one, that shows.
  }
  let published = 0;
  for (const message of messages) {
    try {
      await publishAndDelete(deps, [message]);
      published++;
    } catch (error) {
      const { id, topic } = message;
      deps.log.error('message of the outbox cannot be published', { outboxId: id, topic, error: errorText(error) });
    }
  }
  return published;
}

async function publishAndDelete(deps: OutboxDeps, messages: OutboxMessage[]): Promise<void> {
  await deps.publisher.publish(messages);
  await deleteOutboxMessages(
    deps.db,
    messages.map((message) => message.id),
  );
}
