import { randomUUID } from 'node:crypto';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { createPace } from '../../shared/pace.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { forgetAttempts, noteAnnounced, nudgesTo } from './announce-sql.ts';
import {
  endReplay,
  findReplay,
  holdReplay,
  markReplayChunk,
  type Replay,
  type ReplayLease,
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

/** How far a runner goes. */
export interface ReplayRun {
  /** One that the caller has taken; otherwise the replay is taken if it is free. Given back at the end. */
  lease?: ReplayLease;
  /** An instant of `performance.now()`. */
  until?: number;
  /** Ends the run after the chunk that is in work. */
  signal?: AbortSignal;
  onProgress?: (replay: Replay) => void;
}

/** A runner that died holds its replay no longer than this. */
const leaseMs = 60_000;
/** A chunk may wait for its turn longer than a lease, at a rate below one in a minute. */
const slowestRate = 1 / 30;
const markOnlyPortion = 500;

export function createLease(): ReplayLease {
  return { token: randomUUID(), ms: leaseMs };
}

/**
 * Goes on with a replay until its end, its cancellation, `until`, or the signal. Each chunk is one transaction: what is
 * made pending is announced with it and the cursor moves with it, so a runner may be killed at any instruction.
 * Announced articles are noted as such, so that reconcile does not announce them all again; of those that are only
 * marked its earlier attempts are forgotten, so that it announces them.
 *
 * @returns the replay as it stands then; null when another runner has it, also by now, or when it was not open.
 */
export async function runReplay(
  id: number,
  context: StageContext,
  deps: ReplayDeps,
  run: ReplayRun = {},
): Promise<Replay | null> {
  const { until = Number.POSITIVE_INFINITY, signal, onProgress } = run;
  const { db } = deps;
  const lease = run.lease ?? createLease();
  if (!run.lease && !(await takeReplay(db, id, lease))) return null;
  let isHeld = true;
  try {
    const rate = Math.max(slowestRate, (await findReplay(db, id))!.rate);
    const pace = deps.isAnnounced ? createPace(rate, until) : undefined;
    while (performance.now() < until && !signal?.aborted) {
      const seen = await runChunk(id, lease, pace?.portion ?? markOnlyPortion, context, deps);
      isHeld = seen !== undefined;
      if (!seen) break;
      if (onProgress) onProgress((await findReplay(db, id))!);
      if (pace && !(await pace.spend(seen, signal))) break;
    }
  } finally {
    await releaseReplay(db, id, lease.token);
  }
  const replay = (await findReplay(db, id))!;
  return isHeld || replay.status !== 'open' ? replay : null;
}

/** Returns how many articles it looked at: 0 at the end of the replay, undefined when it is this runner's no more. */
async function runChunk(
  id: number,
  lease: ReplayLease,
  portion: number,
  context: StageContext,
  deps: ReplayDeps,
): Promise<number | undefined> {
  return await commitAndPublish<number | undefined>(deps, async (tx) => {
    const replay = await holdReplay(tx, id, lease);
    if (!replay) return { result: undefined, messages: [] };
    const { seen, articles } = await markReplayChunk(tx, replay, portion, deps.enricherRank);
    if (seen < portion) await endReplay(tx, id);
    if (articles.length === 0) return { result: seen, messages: [] };
    if (!deps.isAnnounced) {
      await forgetAttempts(tx, replay.stage, articles);
      return { result: seen, messages: [] };
    }
    await noteAnnounced(tx, replay.stage, articles, deps.overdueMs);
    return { result: seen, messages: nudgesTo(replay.stage, articles, context) };
  });
}

/** Seconds that are left at the replay's rate. */
export function secondsLeft(replay: Pick<Replay, 'total_count' | 'seen_count' | 'rate'>): number {
  return Math.ceil(Math.max(0, replay.total_count - replay.seen_count) / replay.rate);
}
