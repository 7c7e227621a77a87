import { type Batcher, type BatcherOptions, createBatcher, type Outcome } from './batcher.ts';
import type { Queryable } from './database.ts';
import { RetryableError } from './errors.ts';
import { commitAndPublish, type OutboxDeps } from './outbox.ts';
import { nextTopic, type PendingStages, type Stage } from './pending.ts';
import type { Topic } from './pipeline.ts';
import { closeFailures } from './sql/quarantine.ts';
import type { ArticleMessage } from './stage.ts';
import type { StageContext } from './stage-context.ts';

/** What a stage reads of an article before it works on it. */
export type StageRow = PendingStages & { uniqueId: string };

/** One stage's work on articles, from reading the rows to writing the results. Each part takes what came together. */
export interface ArticleStage<R extends StageRow, T> {
  stage: Stage;
  publishes: Topic;
  /** Reads rows as they are now, in any order; an article without one is left out. */
  read(uniqueIds: readonly string[]): Promise<readonly R[]>;
  /** Calls out (a model, an index) while no transaction is open: one outcome a row, in their order. */
  work(rows: readonly R[]): Promise<readonly Outcome<T>[]>;
  /**
   * Writes the results, each under the guard of what was read.
   *
   * @returns the versions that now stand, by unique_id; a row that moved meanwhile is left out, and looked at again.
   */
  save(tx: Queryable, done: readonly { row: R; result: T }[]): Promise<ReadonlyMap<string, number>>;
  /** What one call of `work` takes, and how many run at the same time. */
  workBounds: Pick<BatcherOptions<R>, 'maxItems' | 'maxBytes' | 'sizeOf' | 'concurrency' | 'maxWaitMs'>;
}

/** What became of a message, for its log line: `nothing-pending` with the topic that was nudged instead, if any. */
export interface ArticleOutcome extends Record<string, unknown> {
  outcome: 'done' | 'nothing-pending';
  nudged?: Topic;
}

/** Handles the messages of one stage in one instance. */
export interface ArticleWorker {
  /** @throws {RetryableError} when the article has no row (yet), keeps changing, or too many messages wait. */
  handle(message: ArticleMessage, context: StageContext): Promise<ArticleOutcome>;
}

/** A row that moves more often than this while it is worked on goes back to the queue. */
const maxLooks = 5;
/** Rows of one statement. */
const maxRows = 100;
/** Statements of one kind at the same time: while one is on its way, the next one gathers. */
const statements = 2;

interface Done<R, T> {
  row: R;
  result: T;
  context: StageContext;
}

/**
 * Handles articles' messages by the second rule of delivery: the message is a nudge, the row decides. So late, doubled,
 * reordered, replayed and concurrent deliveries are harmless.
 *
 * Messages that are in work at the same time share their statements: one read, one transaction and one publish for
 * many. An instance works on an article once at a time; the row's guard decides between instances.
 */
export function createArticleWorker<R extends StageRow, T>(
  definition: ArticleStage<R, T>,
  deps: OutboxDeps,
): ArticleWorker {
  const { stage } = definition;
  const shared = { concurrency: statements, maxItems: maxRows };
  const read = createBatcher<string, R | undefined>(
    async (uniqueIds) => {
      const rows = new Map((await definition.read(uniqueIds)).map((row) => [row.uniqueId, row]));
      return uniqueIds.map((uniqueId) => ({ value: rows.get(uniqueId) }));
    },
    { name: `${stage}: reading`, ...shared },
  );
  const work = createBatcher<R, T>((rows) => definition.work(rows), {
    name: `${stage}: work`,
    ...definition.workBounds,
    maxWaiting: maxRows * 10,
  });
  const save: Batcher<Done<R, T>, boolean> = createBatcher((done) => saveAll(definition, done, deps), {
    name: `${stage}: writing`,
    ...shared,
  });
  const close = createBatcher<string, void>(
    async (uniqueIds) => {
      await closeFailures(deps.db, stage, uniqueIds);
      return uniqueIds.map(() => ({ value: undefined }));
    },
    { name: `${stage}: closing failures`, ...shared },
  );

  async function look({ unique_id: uniqueId, version }: ArticleMessage, context: StageContext) {
    for (let count = 0; count < maxLooks; count++) {
      const row = await read(uniqueId);
      if (!row) throw new RetryableError(`Article ${uniqueId} has no row in news (yet)`);
      if (!row[`${stage}Pending`]) {
        // Another delivery reached the stage, perhaps before a failure of this message was recorded.
        await close(uniqueId);
        const topic = nextTopic(stage, row);
        if (!topic) return { outcome: 'nothing-pending' as const };
        const data: ArticleMessage = { unique_id: uniqueId, version };
        await deps.publisher.publish([{ topic, data, attributes: context.attributes }]);
        return { outcome: 'nothing-pending' as const, nudged: topic };
      }
      const result = await work(row);
      if (await save({ row, result, context })) return { outcome: 'done' as const };
    }
    throw new RetryableError(`Article ${uniqueId} changed ${maxLooks} times while ${stage} worked on it`);
  }

  /** The last look at each article that is in work. */
  const inWork = new Map<string, Promise<unknown>>();
  return {
    handle(message, context) {
      const uniqueId = message.unique_id;
      const before = inWork.get(uniqueId);
      const outcome = before ? before.then(() => look(message, context)) : look(message, context);
      const ended = outcome
        .catch(() => {})
        .then(() => {
          if (inWork.get(uniqueId) === ended) inWork.delete(uniqueId);
        });
      inWork.set(uniqueId, ended);
      return outcome;
    },
  };
}

/** Writes results and their messages in one transaction; true for each row that still was as it had been read. */
async function saveAll<R extends StageRow, T>(
  { stage, publishes, save }: ArticleStage<R, T>,
  done: readonly Done<R, T>[],
  deps: OutboxDeps,
): Promise<Outcome<boolean>[]> {
  const versions = await commitAndPublish(deps, async (tx) => {
    const versions = await save(tx, done);
    const messages = done.flatMap(({ row: { uniqueId }, context: { attributes } }) => {
      const version = versions.get(uniqueId);
      if (version === undefined) return [];
      const data: ArticleMessage = { unique_id: uniqueId, version };
      return [{ topic: publishes, data, attributes }];
    });
    if (versions.size > 0) await closeFailures(tx, stage, [...versions.keys()]);
    return { result: versions, messages };
  });
  return done.map(({ row }) => ({ value: versions.has(row.uniqueId) }));
}
