import { setTimeout as delay } from 'node:timers/promises';

/** Lets work on a host through: at most `maxInFlight` at a time, starts at least `minIntervalMs` apart. */
export interface HostGate {
  run<T>(host: string, work: () => Promise<T>): Promise<T>;
}

interface HostState {
  inFlight: number;
  nextStartMs: number;
  waiting: (() => void)[];
}

export interface HostGateOptions {
  maxInFlight: number;
  minIntervalMs: number;
  now?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
}

/** A gate for this process alone, first come, first served. */
export function createHostGate({
  maxInFlight,
  minIntervalMs,
  now = Date.now,
  sleep = delay,
}: HostGateOptions): HostGate {
  const hosts = new Map<string, HostState>();

  async function enter(state: HostState): Promise<void> {
    if (state.inFlight < maxInFlight) state.inFlight += 1;
    // A slot is handed over by whoever leaves, so inFlight stays as it is.
    else await new Promise<void>((resolve) => state.waiting.push(resolve));
    const startMs = Math.max(now(), state.nextStartMs);
    state.nextStartMs = startMs + minIntervalMs;
    if (startMs > now()) await sleep(startMs - now());
  }

  function leave(state: HostState): void {
    const next = state.waiting.shift();
    if (next) next();
    else state.inFlight -= 1;
  }

  return {
    async run(host, work) {
      const state = hosts.get(host) ?? { inFlight: 0, nextStartMs: 0, waiting: [] };
      hosts.set(host, state);
      await enter(state);
      try {
        return await work();
      } finally {
        leave(state);
      }
    },
  };
}
