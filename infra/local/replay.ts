import { setTimeout as sleep } from 'node:timers/promises';
import { createLease, runReplay, secondsLeft } from '../../functions/reconcile/replay.ts';
import {
  cancelReplay,
  countReplay,
  findReplay,
  insertReplay,
  listReplays,
  type Replay,
  type ReplayLease,
  type ReplayOrder,
  takeReplay,
} from '../../functions/reconcile/replay-sql.ts';
import type { Database } from '../../shared/database.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { UsageError } from './errors.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { createProgress, describeDuration } from './progress.ts';

const overdueMs = 600_000;
const leasePollMs = 500;

/** How a replay is carried on, and told. */
export interface ReplayCall {
  isJson?: boolean | undefined;
  /** Ends it after the chunk that is in work. */
  signal?: AbortSignal;
}

/** What a replay would do: how many articles, and how long that takes. */
export async function estimateReplay(db: Database, order: ReplayOrder, { isJson }: ReplayCall = {}): Promise<string> {
  if (order.agencies) await checkAgencies(db, order.agencies);
  const total = await countReplay(db, order);
  const seconds = secondsLeft({ total_count: total, seen_count: 0, rate: order.rate });
  if (isJson) return JSON.stringify({ articles: total, seconds }, null, 2);
  return `${total} articles for ${order.stage}, ${describeDuration(seconds)} at ${order.rate} a second; nothing was changed`;
}

/** Orders a replay and carries it to its end. */
export async function startReplay(order: ReplayOrder, deps: OperatorDeps, call: ReplayCall = {}): Promise<string> {
  if (order.agencies) await checkAgencies(deps.db, order.agencies);
  const lease = createLease();
  const replay = await insertReplay(deps.db, order, await countReplay(deps.db, order), lease);
  console.error(
    `replay ${replay.id}: ${replay.total_count} articles for ${replay.stage}, from ${order.startDate} to ${order.endDate}`,
  );
  return await carryOn(replay.id, lease, deps, call);
}

/** Goes on with a replay where it stopped, to its end. A platform that runs carries it on as well, one at a time. */
export async function resumeReplay(id: number, deps: OperatorDeps, call: ReplayCall = {}): Promise<string> {
  const lease = createLease();
  await take(id, lease, deps.db, call.signal);
  return await carryOn(id, lease, deps, call);
}

/**
 * Waits for the lease that a killed runner left behind. One that is alive shows by making it last.
 *
 * @throws {UsageError} when there is no such replay, or it is not open.
 * @throws {Error} when another runner is alive.
 */
async function take(id: number, lease: ReplayLease, db: Database, signal?: AbortSignal): Promise<void> {
  let held: string | undefined;
  while (!(await takeReplay(db, id, lease))) {
    const replay = await findReplay(db, id);
    if (replay?.status !== 'open') throw new UsageError(whyNot(id, replay));
    const until = replay.lease_until?.toISOString();
    if (held === undefined && until) {
      console.error(`replay ${id} is held by a runner that works or was killed: waiting for its lease, until ${until}`);
    }
    if (held && until && until !== held) throw new Error(`replay ${id} is being carried on elsewhere`);
    held = until;
    await sleep(leasePollMs, undefined, signal ? { signal } : {}).catch(() => {
      throw new Error(`stopped, and replay ${id} was not taken`);
    });
  }
}

async function carryOn(id: number, lease: ReplayLease, deps: OperatorDeps, call: ReplayCall): Promise<string> {
  const progress = createProgress();
  const replay = await runReplay(
    id,
    contextFrom(),
    { ...deps, isAnnounced: deps.isPublishing, overdueMs },
    { lease, onProgress: (state) => progress.update(describe(state)), ...(call.signal ? { signal: call.signal } : {}) },
  );
  if (!replay) {
    throw new Error(`taken over by another runner, which goes on: ${describe((await findReplay(deps.db, id))!)}`);
  }
  if (replay.status === 'open') {
    throw new Error(`stopped: ${describe(replay)}; "destaques replay --resume ${id}" goes on`);
  }
  if (call.isJson) return JSON.stringify({ ...replay, in_outbox: deps.delivery.waiting }, null, 2);
  const next = deps.isPublishing
    ? ''
    : '\nmarked only, since no GOOGLE_CLOUD_PROJECT says where to announce it: reconcile of a running platform does, ' +
      'or the command of the stage works it off here';
  return `${describe(replay)}${next}`;
}

function whyNot(id: number, replay: Replay | undefined): string {
  if (!replay) return `no replay with id ${id} ("destaques replay --list" lists them)`;
  return `replay ${id} is ${replay.status}`;
}

export async function endReplayNow(db: Database, id: number): Promise<string> {
  if (await cancelReplay(db, id)) return `replay ${id} cancelled; what it announced goes on`;
  throw new UsageError(whyNot(id, await findReplay(db, id)));
}

export async function describeReplays(db: Database, isJson: boolean): Promise<string> {
  const replays = await listReplays(db, { all: true, limit: 50 });
  if (isJson) return JSON.stringify(replays, null, 2);
  return replays.length > 0 ? replays.map(describe).join('\n') : 'no replays';
}

function describe(replay: Replay): string {
  const { id, stage, start_date, end_date, seen_count, total_count, marked_count, status } = replay;
  const left = status === 'open' ? `, ${describeDuration(secondsLeft(replay))} left at ${replay.rate} a second` : '';
  const agencies = replay.agencies ? ` of ${replay.agencies.join(',')}` : '';
  return `replay ${id} ${status}: ${stage} ${start_date}…${end_date}${agencies}: ${seen_count} of ${total_count} articles, ${marked_count} made pending${left}`;
}
