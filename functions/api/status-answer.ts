import type { Database } from '../../shared/database.ts';
import type { StageTargets } from '../../shared/pending.ts';
import { within } from './deadline.ts';
import type { Semaphore } from './semaphore.ts';
import { shareAnswer } from './shared-answer.ts';
import { readStatus, type Status } from './status.ts';
import { untilAborted, withStatementTimeout } from './timed-reads.ts';

/** How long an answer is given again. */
export const statusKeptMs = 10_000;

/**
 * The status as this instance knows it: it counts the whole archive, so it is read once for all who ask, for ten seconds.
 *
 * @param options.slots room for it, beside searches.
 */
export function createStatusAnswer(
  db: Database,
  targets: StageTargets,
  options: { timeoutMs: number; slots?: Semaphore | undefined },
): () => Promise<Status> {
  const { timeoutMs, slots } = options;
  const timed = withStatementTimeout(db, timeoutMs);
  const read = (deadline: AbortSignal) =>
    readStatus({ snapshot: (work) => timed.snapshot((tx) => work(untilAborted(tx, deadline))) }, targets);
  return shareAnswer(
    () =>
      within(timeoutMs, 'the status', (deadline) =>
        slots ? slots.run(() => read(deadline), deadline) : read(deadline),
      ),
    { keptMs: statusKeptMs },
  );
}
