import { setTimeout as delay } from 'node:timers/promises';
import { RateLimitedError } from '../errors.ts';

/** Lets work on a host through: so much at a time, starts so far apart. */
export interface HostGate {
  /**
   * @throws {RateLimitedError} when the host was deferred for longer than is worth waiting for.
   * @throws the reason of `signal` when it is aborted while the work waits.
   */
  run<T>(host: string, work: () => Promise<T>, options?: GateRunOptions): Promise<T>;
  /** Nothing starts on the host before this time has passed; for a Retry-After. */
  deferHost(host: string, delayMs: number): Promise<void>;
}

export interface GateRunOptions {
  /** Raises the interval after this start, as a Crawl-delay asks for. */
  minIntervalMs?: number | undefined;
  /** Ends the waiting; the work has to mind it by itself. */
  signal?: AbortSignal | undefined;
}

export interface HostGateOptions {
  /** Per host. */
  maxInFlight: number;
  /** Between two starts on a host. */
  minIntervalMs: number;
}

/** A Retry-After up to this is waited for. */
export const MAX_DEFERRAL_MS = 30_000;

/** How far away a start may be that is waited for: a deferral, and the intervals of those who hold the other slots. */
export function longestWaitMs(maxInFlight: number, minIntervalMs: number): number {
  return MAX_DEFERRAL_MS + maxInFlight * minIntervalMs;
}

interface HostState {
  inFlight: number;
  nextStartMs: number;
  waiting: Set<() => void>;
}

interface Clock {
  now?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/** Waits; rejects with the reason of the signal once that is aborted. */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  // Timers fire up to a millisecond early.
  await delay(Math.ceil(ms) + 1, undefined, { signal }).catch((error: unknown) => {
    throw signal?.reason ?? error;
  });
}

/** A gate for this process alone, first come, first served. */
export function createHostGate(options: HostGateOptions & Clock): HostGate {
  const { maxInFlight, now = Date.now, sleep = wait } = options;
  const hosts = new Map<string, HostState>();

  function stateOf(host: string): HostState {
    const state = hosts.get(host) ?? { inFlight: 0, nextStartMs: 0, waiting: new Set() };
    hosts.set(host, state);
    return state;
  }

  async function enter(state: HostState, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (state.inFlight < maxInFlight) {
      state.inFlight += 1;
      return;
    }
    // A place is handed over by whoever leaves, so inFlight stays as it is.
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      state.waiting.delete(turn.resolve);
      turn.reject(signal!.reason);
    };
    state.waiting.add(turn.resolve);
    signal?.addEventListener('abort', giveUp);
    await turn.promise.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  function leave(state: HostState): void {
    const [next] = state.waiting;
    if (!next) {
      state.inFlight -= 1;
      return;
    }
    state.waiting.delete(next);
    next();
  }

  return {
    async run(host, work, { minIntervalMs = 0, signal } = {}) {
      const state = stateOf(host);
      const intervalMs = Math.max(options.minIntervalMs, minIntervalMs);
      await enter(state, signal);
      try {
        const startMs = Math.max(now(), state.nextStartMs);
        const waitMs = startMs - now();
        if (waitMs > longestWaitMs(maxInFlight, intervalMs)) throw new RateLimitedError(`https://${host}/`, waitMs);
        state.nextStartMs = startMs + intervalMs;
        if (waitMs > 0) await sleep(waitMs, signal);
        return await work();
      } finally {
        leave(state);
      }
    },
    async deferHost(host, delayMs) {
      const state = stateOf(host);
      state.nextStartMs = Math.max(state.nextStartMs, now() + delayMs);
    },
  };
}
