import { commitAndPublish } from '../../shared/outbox.ts';
import { type Stage, stages } from '../../shared/pending.ts';
import { listPendingArticles } from '../../shared/sql/pending.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { forgetReached, giveUpExhausted, maxAttempts, noteAttempts, nudgesTo } from './announce-sql.ts';
import { closeReached } from './dead-letters-sql.ts';
import type { ReconcileDeps } from './reconcile.ts';

/** Articles by stage: nudged again, and given up. */
export interface RequeueReport {
  requeued: Record<Stage, number>;
  given_up: Record<Stage, number>;
}

/** Articles requeued per stage and run at most: a large backlog is spread over runs. */
const maxRequeued = 5000;
const pageSize = 500;
/** What failed for good is asked again after this long: a deployment may have mended it. */
const quarantinePauseMs = 6 * 60 * 60 * 1000;

/**
 * Nudges what is overdue, with growing pauses and an end: an article that nothing brings through its stage is put in
 * quarantine. One that is pending in several stages is nudged at the first: the others follow from it.
 */
export async function requeueOverdue(
  context: StageContext,
  deps: ReconcileDeps,
  isOver: () => boolean,
): Promise<RequeueReport> {
  const { db, targets, overdueMs } = deps;
  const report: RequeueReport = {
    requeued: { enrich: 0, embed: 0, sync: 0 },
    given_up: { enrich: 0, embed: 0, sync: 0 },
  };
  for (const stage of stages) {
    await forgetReached(db, stage, targets, maxRequeued);
    await closeReached(db, stage, targets);
    report.given_up[stage] = await giveUpExhausted(db, stage, targets, maxRequeued, context);
    let after = '';
    for (let seen = 0; seen < maxRequeued && !isOver(); seen += pageSize) {
      const page = {
        minAgeMs: overdueMs,
        isDue: true,
        isFirst: true,
        quarantinePauseMs,
        maxAttempts,
        after,
        limit: pageSize,
      };
      const articles = await listPendingArticles(db, stage, targets, page);
      if (articles.length === 0) break;
      report.requeued[stage] += await commitAndPublish(deps, async (tx) => {
        const due = await noteAttempts(tx, stage, articles, overdueMs);
        return { result: due.length, messages: nudgesTo(stage, due, context) };
      });
      if (articles.length < pageSize) break;
      after = articles.at(-1)!.unique_id;
    }
  }
  return report;
}
