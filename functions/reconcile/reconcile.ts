import type { Database } from '../../shared/database.ts';
import { errorText } from '../../shared/errors.ts';
import { type OutboxDeps, type RelayReport, relayOutbox } from '../../shared/outbox.ts';
import type { StageTargets } from '../../shared/pending.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { type ComparedIndex, type CompareReport, compareIndex } from './compare.ts';
import { pruneQuarantine, pruneScrapeRuns } from './prune-sql.ts';
import { runReplay } from './replay.ts';
import { listReplays, maxOpenReplays } from './replay-sql.ts';
import { type RequeueReport, requeueOverdue } from './requeue.ts';

export interface ReconcileDeps extends OutboxDeps {
  /** `searchIndex` is left out where `openIndex` says it. */
  targets: StageTargets;
  /** Younger work is still on its way by itself; twice this is the first pause before work is nudged once more. */
  overdueMs: number;
  /** The search index to compare with; none where search is in Postgres itself. Opened in each run: it may be made anew. */
  openIndex?: (db: Database) => Promise<ComparedIndex>;
  /** Longest time that a run begins further work. Default 200,000: the function is stopped after 300 s. */
  budgetMs?: number;
}

export interface ReconcileReport extends RequeueReport {
  relayed: RelayReport;
  /** Null where there is nothing to compare with; the error of an index that does not answer ends no run. */
  compared: CompareReport | { error: string } | null;
  pruned: { scrape_runs: number; quarantine: number };
  /** Replays that this run carried on. */
  replayed: { id: number; status: string; seen_count: number; total_count: number }[];
}

/** The writer of a message publishes it itself, unless it died: so old ones are relayed. */
const relayAgeMs = 60_000;
const maxPruned = 5000;

/**
 * Sends what was committed and never published, nudges what is overdue, compares Postgres with the search index, deletes
 * records past their time, and carries on replays with the time that is left.
 */
export async function reconcile(context: StageContext, deps: ReconcileDeps): Promise<ReconcileReport> {
  const until = performance.now() + (deps.budgetMs ?? 200_000);
  const isOver = () => performance.now() >= until;
  const index = await openIndex(deps);
  const targets = index && 'id' in index ? { ...deps.targets, searchIndex: index.id } : deps.targets;
  const withTargets = { ...deps, targets };
  return {
    relayed: await relayOutbox(deps, Math.min(relayAgeMs, deps.overdueMs), { until }),
    ...(await requeueOverdue(context, withTargets, isOver)),
    compared: await compare(index, context, deps, isOver),
    pruned: {
      scrape_runs: await pruneScrapeRuns(deps.db, maxPruned),
      quarantine: await pruneQuarantine(deps.db, maxPruned),
    },
    replayed: await carryOnReplays(context, deps, until),
  };
}

async function openIndex({ db, openIndex: open }: ReconcileDeps): Promise<ComparedIndex | { error: string } | null> {
  if (!open) return null;
  return await open(db).catch((error: unknown) => ({ error: errorText(error) }));
}

async function compare(
  index: ComparedIndex | { error: string } | null,
  context: StageContext,
  deps: ReconcileDeps,
  isOver: () => boolean,
): Promise<CompareReport | { error: string } | null> {
  if (!index || 'error' in index) return index;
  try {
    return await compareIndex(index, context, deps, isOver);
  } catch (error) {
    return { error: errorText(error) };
  }
}

async function carryOnReplays(context: StageContext, deps: ReconcileDeps, until: number) {
  const replays = await listReplays(deps.db, { all: false, limit: maxOpenReplays });
  const { enricherRank = 0 } = deps.targets;
  const replayDeps = { ...deps, enricherRank, isAnnounced: true };
  // Beside each other: one that is slow by order holds up no other.
  const states = await Promise.all(replays.map(({ id }) => runReplay(id, context, replayDeps, { until })));
  return states.flatMap((state) => {
    if (!state) return [];
    const { id, status, seen_count, total_count } = state;
    return [{ id, status, seen_count, total_count }];
  });
}
