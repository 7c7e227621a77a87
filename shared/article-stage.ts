import type { Queryable } from './database.ts';
import { RetryableError } from './errors.ts';
import { commitAndPublish, type OutboxDeps } from './outbox.ts';
import { nextTopic, type PendingStages, type Stage } from './pending.ts';
import type { Topic } from './pipeline.ts';
import { closeFailures } from './sql/quarantine.ts';
import type { ArticleMessage } from './stage.ts';
import type { StageContext } from './stage-context.ts';

/** One stage's work on one article, from reading the row to writing the result. */
export interface ArticleStage<R extends PendingStages, T> {
  stage: Stage;
  publishes: Topic;
  /** Reads the row as it is now; undefined when there is none. */
  read(uniqueId: string): Promise<R | undefined>;
  /** Calls out (a model, an index) while no transaction is open. */
  work(row: R): Promise<T>;
  /**
   * Writes the result under the guard of what was read.
   *
   * @returns the version that now stands, or undefined when the row moved meanwhile: it is then looked at again.
   */
  save(tx: Queryable, row: R, result: T): Promise<number | undefined>;
}

/** A row that moves more often than this while it is worked on goes back to the queue. */
const maxLooks = 5;

/**
 * Handles an article's message by the second rule of delivery: the message is a nudge, the row decides. So late,
 * doubled, reordered, replayed and concurrent deliveries are harmless.
 *
 * @returns what became of it, for the log line: `done`, or `nothing-pending` with the topic that was nudged instead.
 * @throws {RetryableError} when the article has no row (yet), or keeps changing.
 */
export async function runArticleStage<R extends PendingStages, T>(
  definition: ArticleStage<R, T>,
  message: ArticleMessage,
  context: StageContext,
  deps: OutboxDeps,
): Promise<{ outcome: 'done' | 'nothing-pending'; nudged?: Topic }> {
  const uniqueId = message.unique_id;
  for (let look = 0; look < maxLooks; look++) {
    const row = await definition.read(uniqueId);
    if (!row) throw new RetryableError(`Article ${uniqueId} has no row in news (yet)`);
    if (!row[`${definition.stage}Pending`]) {
      // Another delivery reached the stage, perhaps before a failure of this message was recorded.
      await closeFailures(deps.db, definition.stage, [uniqueId]);
      const topic = nextTopic(definition.stage, row);
      if (!topic) return { outcome: 'nothing-pending' };
      await deps.publisher.publish([{ topic, data: message, attributes: context.attributes }]);
      return { outcome: 'nothing-pending', nudged: topic };
    }
    const result = await definition.work(row);
    const saved = await commitAndPublish(deps, async (tx) => {
      const version = await definition.save(tx, row, result);
      if (version === undefined) return { result: false, messages: [] };
      await closeFailures(tx, definition.stage, [uniqueId]);
      const data: ArticleMessage = { unique_id: uniqueId, version };
      return { result: true, messages: [{ topic: definition.publishes, data, attributes: context.attributes }] };
    });
    if (saved) return { outcome: 'done' };
  }
  throw new RetryableError(`Article ${uniqueId} changed ${maxLooks} times while ${definition.stage} worked on it`);
}
