import { type OutboxDeps, type RelayReport, relayOutbox } from '../../shared/outbox.ts';
import { type Stage, type StageTargets, stages, topicOf } from '../../shared/pending.ts';
import { listPendingArticles } from '../../shared/sql/pending.ts';
import type { StageContext } from '../../shared/stage-context.ts';

export interface ReconcileDeps extends OutboxDeps {
  targets: StageTargets;
  /** Younger work is still on its way by itself. */
  overdueMs: number;
}

export interface ReconcileReport {
  relayed: RelayReport;
  requeued: Record<Stage, number>;
}

/** Articles requeued per stage and run at most: a large backlog is spread over runs. */
const maxRequeued = 5000;
const pageSize = 500;
/** What failed for good is asked again after this long: an operator or a deployment may have mended it. */
const quarantinePauseMs = 6 * 60 * 60 * 1000;

/**
 * Sends what was committed and never published, and nudges what is overdue. An article that is pending in several
 * stages is nudged at the first: the others follow from it.
 */
export async function reconcile(context: StageContext, deps: ReconcileDeps): Promise<ReconcileReport> {
  const relayed = await relayOutbox(deps, deps.overdueMs);
  const requeued: Record<Stage, number> = { enrich: 0, embed: 0, sync: 0 };
  for (const stage of stages) {
    let after = '';
    while (requeued[stage] < maxRequeued) {
      const limit = Math.min(pageSize, maxRequeued - requeued[stage]);
      const page = { minAgeMs: deps.overdueMs, isFirst: true, quarantinePauseMs, after, limit };
      const articles = await listPendingArticles(deps.db, stage, deps.targets, page);
      await deps.publisher.publish(
        articles.map((article) => ({ topic: topicOf[stage], data: article, attributes: context.attributes })),
      );
      requeued[stage] += articles.length;
      if (articles.length < limit) break;
      after = articles.at(-1)!.unique_id;
    }
  }
  return { relayed, requeued };
}
