import { randomUUID } from 'node:crypto';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { createPace } from '../../shared/pace.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { noteAnnounced, nudgesTo } from './announce-sql.ts';
import {
  endReplay,
  findReplay,
  holdReplay,
  markReplayChunk,
  type Replay,
  releaseReplay,
  takeReplay,
} from './replay-sql.ts';

export interface ReplayDeps extends OutboxDeps {
  /** Of the enricher in force. */
  enricherRank: number;
  /** Whether somebody hears messages: otherwise articles are only marked, at once. */
  isAnnounced: boolean;
  /** Reconcile leaves announced articles alone for this long. */
  overdueMs: number;
}

/** A runner that died holds its replay no longer than this. */
const leaseMs = 60_000;
/** A chunk may wait for its turn longer than a lease, at a rate below one in a minute. */
const slowestRate = 1 / 30;
const markOnlyPortion = 500;

/**
 * Goes on with a replay until its end, its cancellation, or `until`. Each chunk is one transaction: what is made pending
 * is announced with it and the cursor moves with it, so a runner may be killed at any instruction. Announced articles
 * are noted as such, so that reconcile does not announce them all again.
 *
 * @returns the replay as it stands then; null when another runner has it or it is not open.
 */
export async function runReplay(
  id: number,
  context: StageContext,
  deps: ReplayDeps,
  options: { until?: number; onProgress?: (replay: Replay) => void } = {},
): Promise<Replay | null> {
  const { until = Number.POSITIVE_INFINITY, onProgress } = options;
  const { db } = deps;
  const lease = { token: randomUUID(), ms: leaseMs };
  if (!(await takeReplay(db, id, lease))) return null;
  try {
    const rate = Math.max(slowestRate, (await findReplay(db, id))!.rate);
    const pace = deps.isAnnounced ? createPace(rate, until) : undefined;
    while (performance.now() < until) {
      const seen = await runChunk(id, lease, pace?.portion ?? markOnlyPortion, context, deps);
      if (seen === 0) break;
      if (onProgress) onProgress((await findReplay(db, id))!);
      if (pace && !(await pace.spend(seen))) break;
    }
  } finally {
    await releaseReplay(db, id, lease.token);
  }
  return (await findReplay(db, id)) ?? null;
}

/** Returns how many articles it looked at; 0 at the end of the replay. */
async function runChunk(
  id: number,
  lease: { token: string; ms: number },
  portion: number,
  context: StageContext,
  deps: ReplayDeps,
): Promise<number> {
  return await commitAndPublish(deps, async (tx) => {
    const replay = await holdReplay(tx, id, lease);
    if (!replay) return { result: 0, messages: [] };
    const { seen, articles } = await markReplayChunk(tx, replay, portion, deps.enricherRank);
    if (seen < portion) await endReplay(tx, id);
    if (!deps.isAnnounced || articles.length === 0) return { result: seen, messages: [] };
    await noteAnnounced(tx, replay.stage, articles, deps.overdueMs);
    return { result: seen, messages: nudgesTo(replay.stage, articles, context) };
  });
}

/** Seconds that are left at the replay's rate. */
export function secondsLeft(replay: Pick<Replay, 'total_count' | 'seen_count' | 'rate'>): number {
  return Math.ceil(Math.max(0, replay.total_count - replay.seen_count) / replay.rate);
}
