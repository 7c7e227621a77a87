import { setTimeout as delay } from 'node:timers/promises';

/** There is no room for the work, and none came free in time. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** Lets so much work run at once; some waits in line, the rest is turned away. */
export interface Semaphore {
  /**
   * Runs the work when there is room for it, in the order of the calls.
   *
   * @throws {BusyError} at once when the line is full, or when the wait took too long.
   * @throws the reason of the signal, when that comes while it waits.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** @param options.maxWaitMs how long work waits in line. */
export function createSemaphore(options: { permits: number; maxWaiting: number; maxWaitMs: number }): Semaphore {
  const { permits, maxWaiting, maxWaitMs } = options;
  let free = permits;
  /** Each takes over the permit of who leaves. */
  const waiting = new Set<() => void>();

  const acquire = async (signal: AbortSignal | undefined) => {
    signal?.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.size >= maxWaiting) throw new BusyError(`${waiting.size} wait already`);
    const { promise: admitted, resolve } = Promise.withResolvers<true>();
    const admit = () => resolve(true);
    waiting.add(admit);
    const timer = new AbortController();
    const ends = signal ? AbortSignal.any([signal, timer.signal]) : timer.signal;
    const timeout = delay(maxWaitMs, false as const, { signal: ends }).catch(() => false as const);
    const isAdmitted = await Promise.race([admitted, timeout]);
    timer.abort();
    if (isAdmitted) return;
    // Who was admitted in the same instant would keep the permit for ever.
    if (!waiting.delete(admit)) release();
    signal?.throwIfAborted();
    throw new BusyError(`no room within ${maxWaitMs} ms`);
  };

  const release = () => {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return {
    async run(work, signal) {
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
