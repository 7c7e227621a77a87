import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Queryable } from '../../shared/database.ts';
import { RetryableError } from '../../shared/errors.ts';
import { endTurn, renewTurn, takeTurn } from './sql.ts';

/** A process that is killed leaves its source to others after this long. */
const leaseMs = 30_000;
const renewMs = 5_000;
/** Without a renewal for this long the run ends: the lease may be over before the next one is answered. */
const lostAfterMs = leaseMs - renewMs;

/** The right to scrape a source, held by one run at a time over all instances. */
export interface SourceTurn {
  /** Aborts when the right was lost, to another run or with the database. */
  signal: AbortSignal;
  end(): Promise<void>;
}

/**
 * Waits for what a killed process has left, and gives up when the other run is alive.
 *
 * @throws {RetryableError} when another run has the source: both would ask for the same.
 */
export async function waitForTurn(db: Queryable, sourceUrl: string): Promise<SourceTurn> {
  const token = randomUUID();
  const giveUpAt = performance.now() + leaseMs + 1000;
  while (!(await takeTurn(db, sourceUrl, token, leaseMs))) {
    if (performance.now() > giveUpAt) throw new RetryableError(`${sourceUrl} is being scraped by another run`);
    await setTimeout(500);
  }

  const lost = new AbortController();
  let heldAt = performance.now();
  const renewal = setInterval(async () => {
    const askedAt = performance.now();
    const isHeld = await renewTurn(db, sourceUrl, token, leaseMs).catch(() => undefined);
    if (isHeld) heldAt = askedAt;
    // No answer may be a passing failure: the next renewal can still be in time.
    if (isHeld === false || performance.now() - heldAt > lostAfterMs) {
      lost.abort(new RetryableError(`${sourceUrl} was taken over by another run`));
    }
  }, renewMs);
  return {
    signal: lost.signal,
    async end() {
      clearInterval(renewal);
      await endTurn(db, sourceUrl, token).catch(() => {
        // The database is what failed: the lease ends by itself.
      });
    },
  };
}
