import type { ArticleWorker } from '../../shared/article-stage.ts';
import type { Database } from '../../shared/database.ts';
import { errorText, PermanentError } from '../../shared/errors.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { Stage, StageTargets } from '../../shared/pending.ts';
import { countPendingArticles, listPendingArticles, type PendingArticle } from '../../shared/sql/pending.ts';
import { recordFailure } from '../../shared/sql/quarantine.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { cliDeps } from './cli-deps.ts';
import { createProgress, describeDuration } from './progress.ts';
import { countWindow, type EmbeddingWindow, forceEmbeddings } from './sql.ts';

export interface WorkOptions {
  startDate?: string;
  endDate?: string;
  agencies?: string[];
  batchSize: number;
  maxRecords?: number;
  /** Articles that are done are done again: only in `embed`. */
  force?: boolean;
  verbose?: boolean;
}

/** One stage, ready to work. */
export interface Worker {
  stage: Stage;
  targets: StageTargets;
  open(deps: OutboxDeps): ArticleWorker;
  close?(): Promise<void>;
}

/** Where articles to work on come from. */
interface Work {
  count(): Promise<number>;
  /** The next ones, in the order of their unique_id. */
  list(page: { after: string; limit: number }): Promise<PendingArticle[]>;
}

/** What a stage has to do. */
function pendingWork(db: Database, { stage, targets }: Worker, filter: EmbeddingWindow): Work {
  return {
    count: () => countPendingArticles(db, stage, targets, filter),
    list: (page) => listPendingArticles(db, stage, targets, { ...filter, ...page }),
  };
}

/** All articles; made pending a page at a time, so that a run that is killed leaves no more than that behind. */
function forcedWork(db: Database, filter: EmbeddingWindow): Work {
  return {
    count: () => countWindow(db, filter),
    list: (page) => forceEmbeddings(db, { ...filter, ...page }),
  };
}

/**
 * Works off what is pending in one stage, without a bus: messages go nowhere, and the next stage finds its work by its
 * own predicate. Failures are counted and recorded, and do not stop the rest. Goes on where an earlier run stopped.
 *
 * @throws {Error} at the end, when an article failed.
 */
export async function workOffPending(db: Database, worker: Worker, options: WorkOptions): Promise<void> {
  if (options.agencies) await checkAgencies(db, options.agencies);
  const deps = cliDeps(db, options);
  const { log } = deps;
  const articleWorker = worker.open(deps);
  const context = contextFrom();
  const progress = createProgress();
  const startedAt = performance.now();
  const { count, list } = options.force ? forcedWork(db, options) : pendingWork(db, worker, options);
  const total = Math.min(await count(), options.maxRecords ?? Number.POSITIVE_INFINITY);
  let after = '';
  let done = 0;
  let failed = 0;
  let remaining = options.maxRecords ?? Number.POSITIVE_INFINITY;
  while (remaining > 0) {
    const limit = Math.min(options.batchSize, remaining);
    const articles = await list({ after, limit });
    await Promise.all(
      articles.map(async (article) => {
        try {
          await articleWorker.handle(article, context);
          done++;
        } catch (error) {
          failed++;
          log.error('article failed', { stage: worker.stage, uniqueId: article.unique_id, error: errorText(error) });
          if (!(error instanceof PermanentError)) return;
          const { attributes } = context;
          await recordFailure(db, {
            stage: worker.stage,
            subject: article.unique_id,
            data: article,
            attributes,
            error: errorText(error),
          });
        }
      }),
    );
    remaining -= articles.length;
    const perSecond = (done + failed) / ((performance.now() - startedAt) / 1000);
    const left = describeDuration(Math.max(total - done - failed, 0) / perSecond);
    const speed = `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second`;
    progress.update(`${worker.stage}: ${done} of ${total} done, ${failed} failed, ${speed}, ${left} left`);
    if (articles.length < limit) break;
    after = articles.at(-1)!.unique_id;
  }
  progress.done(`${worker.stage}: ${done} done, ${failed} failed`);
  if (failed > 0)
    throw new Error(`${failed} of ${done + failed} articles failed in ${worker.stage}; --verbose says why`);
}
