import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../../shared/database.ts';
import { RateLimitedError } from '../errors.ts';
import { createHostGate, type HostGate, type HostGateOptions, longestWaitMs, wait } from './host-gate.ts';
import { deferHostStart, insertHost, releaseHostSlot, takeHostSlot } from './host-slots-sql.ts';

/** How often a full host is asked for a slot, on average. */
const POLL_MS = 200;

export interface SharedHostGateOptions extends HostGateOptions {
  db: Queryable;
  /** Longest run of the work; a slot whose process died is free a little later. */
  timeoutMs: number;
}

/**
 * A gate for all instances together: the slots of a host are leases in Postgres, by the clock of Postgres. The queue of
 * this process stands in front of it, so that at most `maxInFlight` of its callers poll; no transaction is open while
 * one waits.
 */
export function createSharedHostGate(options: SharedHostGateOptions): HostGate {
  const { db, maxInFlight, timeoutMs } = options;
  const queue = createHostGate({ maxInFlight, minIntervalMs: 0 });
  const leaseMs = timeoutMs + 5_000;

  /** Takes a slot and sleeps until its start. */
  async function take(host: string, token: string, minIntervalMs: number, signal?: AbortSignal): Promise<void> {
    const maxWaitMs = longestWaitMs(maxInFlight, minIntervalMs);
    while (true) {
      signal?.throwIfAborted();
      const answer = await takeHostSlot(db, { host, maxInFlight, minIntervalMs, leaseMs, maxWaitMs, token });
      if (!answer) await insertHost(db, host, maxInFlight);
      else if (answer.isTaken) {
        if (answer.waitMs > 0) await wait(answer.waitMs, signal);
        return;
      } else if (answer.waitMs > maxWaitMs) throw new RateLimitedError(`https://${host}/`, Math.ceil(answer.waitMs));
      else await wait(POLL_MS * (0.5 + Math.random()), signal);
    }
  }

  return {
    run(host, work, { minIntervalMs = 0, signal } = {}) {
      const intervalMs = Math.max(options.minIntervalMs, minIntervalMs);
      return queue.run(
        host,
        async () => {
          const token = randomUUID();
          try {
            await take(host, token, intervalMs, signal);
            return await work();
          } finally {
            // A slot that cannot be given back expires by itself: the outcome of the work is what counts.
            await releaseHostSlot(db, host, token).catch(() => {});
          }
        },
        { signal },
      );
    },
    deferHost: (host, delayMs) => deferHostStart(db, host, delayMs),
  };
}
