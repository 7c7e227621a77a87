import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../shared/database.ts';
import { type StageTargets, stages } from '../../shared/pending.ts';
import { listPendingArticles } from '../../shared/sql/pending.ts';

/** After the faults, all together. */
const settleMs = 600_000;
/** Without any progress: longer than a lease or a push that died with its instance. */
const stillMs = 90_000;
/** So long without progress, and what is left is not in flight but waits. */
const pauseMs = 6_000;

/** What waits for minutes or hours in production, refused messages and nudges without effect, may be tried again now. */
async function passTime(db: Database): Promise<void> {
  await db.query('update outbox set claimed_until = null');
  await db.query("update requeues set next_at = now() where next_at <> 'infinity'");
}

/** Calls reconcile until nothing is pending and no message waits, or nothing moves: the check then says what is missing. */
export async function settle(
  db: Database,
  targets: StageTargets,
  { reconcile, say, signal }: { reconcile(): Promise<void>; say(text: string): void; signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + settleMs;
  let least = Number.POSITIVE_INFINITY;
  let movedAt = performance.now();
  let passedAt = movedAt;
  for (let round = 0; performance.now() < until && performance.now() - movedAt < stillMs; round++) {
    if (round % 3 === 0) await reconcile();
    const outbox = (await db.query('select from outbox')).rowCount;
    const pages = await Promise.all(
      stages.map((stage) => listPendingArticles(db, stage, targets, { after: '', limit: 100_000 })),
    );
    const left = pages.reduce((sum, { length }) => sum + length, outbox);
    if (left === 0) return;
    if (left < least) {
      least = left;
      movedAt = performance.now();
    } else if (performance.now() - Math.max(movedAt, passedAt) > pauseMs) {
      await passTime(db);
      passedAt = performance.now();
    }
    const counts = stages.map((stage, position) => `${stage} ${pages[position]!.length}`);
    if (round % 5 === 0) say(`pending: ${counts.join(', ')}, outbox ${outbox}`);
    await sleep(1_000, undefined, { signal });
  }
}
