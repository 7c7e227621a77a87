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

/**
 * Publishes what was committed and not published, oldest first, in batches.
 *
 * @param minAgeMs younger messages are left to the instance that wrote them.
 * @returns how many were published.
 */
export async function relayOutbox(deps: OutboxDeps, minAgeMs: number, batchSize = 500): Promise<number> {
  let published = 0;
  for (;;) {
    const messages = await listOutboxMessages(deps.db, minAgeMs, batchSize);
    if (messages.length === 0) return published;
    await publishAndDelete(deps, messages);
    published += messages.length;
  }
}

async function publishAndDelete(deps: OutboxDeps, messages: OutboxMessage[]): Promise<void> {
  await deps.publisher.publish(messages);
  await deleteOutboxMessages(
    deps.db,
    messages.map((message) => message.id),
  );
}
