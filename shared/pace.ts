import { setTimeout as sleep } from 'node:timers/promises';

/** Holds work to a rate: the first of it is free, the next waits until what was spent is paid. */
export interface Pace {
  /** How much may be done at a time: about what a second allows, between 1 and `most`. */
  readonly portion: number;
  /** Waits until so much more may be done; false when that would be after `until`, or once the signal is given. */
  spend(count: number, signal?: AbortSignal): Promise<boolean>;
}

/**
 * @param perSecond work a second; may be below 1.
 * @param until an instant of `performance.now()`.
 */
export function createPace(perSecond: number, until = Number.POSITIVE_INFINITY, most = 500): Pace {
  let freeAt = performance.now();
  return {
    portion: Math.max(1, Math.min(most, Math.floor(perSecond))),
    async spend(count, signal) {
      freeAt = Math.max(freeAt, performance.now() - 1000) + (count / perSecond) * 1000;
      if (freeAt > until) return false;
      const waitMs = freeAt - performance.now();
      // Rejects only when it is cut short.
      if (waitMs > 0) await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => {});
      return performance.now() < until && !signal?.aborted;
    },
  };
}
