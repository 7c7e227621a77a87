import { runReplay, secondsLeft } from '../../functions/reconcile/replay.ts';
import {
  cancelReplay,
  countReplay,
  findReplay,
  insertReplay,
  listReplays,
  type Replay,
  type ReplayOrder,
} from '../../functions/reconcile/replay-sql.ts';
import type { Database } from '../../shared/database.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { UsageError } from './errors.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { createProgress, describeDuration } from './progress.ts';

const overdueMs = 600_000;

/** What a replay would do: how many articles, and how long that takes. */
export async function estimateReplay(db: Database, order: ReplayOrder): Promise<string> {
  if (order.agencies) await checkAgencies(db, order.agencies);
  const total = await countReplay(db, order);
  const seconds = secondsLeft({ total_count: total, seen_count: 0, rate: order.rate });
  return `${total} articles for ${order.stage}, ${describeDuration(seconds)} at ${order.rate} a second; nothing was changed`;
}

/** Orders a replay and carries it to its end. */
export async function startReplay(order: ReplayOrder, deps: OperatorDeps): Promise<string> {
  if (order.agencies) await checkAgencies(deps.db, order.agencies);
  const replay = await insertReplay(deps.db, order, await countReplay(deps.db, order));
  console.error(
    `replay ${replay.id}: ${replay.total_count} articles for ${replay.stage}, from ${order.startDate} to ${order.endDate}`,
  );
  return await resumeReplay(replay.id, deps);
}

/** Goes on with a replay where it stopped, to its end. A platform that runs carries it on as well, one at a time. */
export async function resumeReplay(id: number, deps: OperatorDeps): Promise<string> {
  const progress = createProgress();
  const replay = await runReplay(
    id,
    contextFrom(),
    { ...deps, isAnnounced: deps.isPublishing, overdueMs },
    { onProgress: (state) => progress.update(describe(state)) },
  );
  if (!replay) throw new UsageError(whyNot(id, await findReplay(deps.db, id)));
  const next = deps.isPublishing
    ? ''
    : '\nmarked only, since no GOOGLE_CLOUD_PROJECT says where to announce it: reconcile of a running platform does, ' +
      'or the command of the stage works it off here';
  return `${describe(replay)}${next}`;
}

function whyNot(id: number, replay: Replay | undefined): string {
  if (!replay) return `no replay with id ${id} ("destaques replay --list" lists them)`;
  if (replay.status !== 'open') return `replay ${id} is ${replay.status}`;
  return `replay ${id} is being carried on elsewhere, until ${replay.lease_until?.toISOString()} at least`;
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
