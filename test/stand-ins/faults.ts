import { setTimeout as sleep } from 'node:timers/promises';

/** When a stalled request does its work: after the wait, or before it, so that only its answer is late. */
export type StallPoint = 'before' | 'after';

/**
 * What a stand-in can be told to do wrong. Over HTTP: `POST /_stand-in/fail {"count" or "ms", "status"}`,
 * `POST /_stand-in/stall {"count", "ms", "when"}`, `POST /_stand-in/slow {"ms"}`, `POST /_stand-in/recover`,
 * `GET /_stand-in/requests`.
 */
export interface Faults {
  /** The next requests are answered with this status (default 503) and change nothing. */
  failNext(count: number, status?: number): void;
  /** All requests of the next `ms` are answered so. */
  failFor(ms: number, status?: number): void;
  /** The next requests stop for this time before (default) or after they do their work, even when the client has gone. */
  stallNext(count: number, ms: number, when?: StallPoint): void;
  /** Every request takes this much longer. */
  slowDown(ms: number): void;
  /** Ends all of it for requests to come. */
  recover(): void;
  /** Method and path of the last 10,000 requests, those to the controls left out, in order of arrival. */
  requests(): string[];
}

export interface FaultSwitches extends Faults {
  /** Notes a request; the status that it is to fail with, if any. */
  arrive(line: string): number | undefined;
  /** Does the work of a request, early or late as told. */
  hold<T>(work: () => T | Promise<T>): Promise<T>;
  /** By method and path, from the body to the answer. */
  controls: Record<string, (body: Record<string, unknown>) => unknown>;
  /** Cuts what stalls. */
  close(): void;
}

const MAX_REQUESTS = 10_000;

/** The switches of one stand-in. */
export function createFaults(): FaultSwitches {
  const requests: string[] = [];
  const closing = new AbortController();
  let failing = { count: 0, until: 0, status: 503 };
  let stalling = { count: 0, ms: 0, when: 'before' as StallPoint };
  let slowMs = 0;

  const wait = (ms: number) => sleep(ms, undefined, { signal: closing.signal });
  const faults: Faults = {
    failNext: (count, status = 503) => {
      failing = { count, until: 0, status };
    },
    failFor: (ms, status = 503) => {
      failing = { count: 0, until: performance.now() + ms, status };
    },
    stallNext: (count, ms, when = 'before') => {
      stalling = { count, ms, when };
    },
    slowDown: (ms) => {
      slowMs = ms;
    },
    recover: () => {
      failing = { ...failing, count: 0, until: 0 };
      stalling = { ...stalling, count: 0 };
      slowMs = 0;
    },
    requests: () => [...requests],
  };
  const done = { ok: true };
  return {
    ...faults,
    arrive: (line) => {
      requests.push(line);
      if (requests.length > MAX_REQUESTS) requests.shift();
      if (failing.count > 0) {
        failing.count -= 1;
        return failing.status;
      }
      return performance.now() < failing.until ? failing.status : undefined;
    },
    hold: async (work) => {
      const { ms, when } = stalling.count > 0 ? stalling : { ms: 0, when: 'before' };
      if (stalling.count > 0) stalling.count -= 1;
      if (slowMs > 0) await wait(slowMs);
      if (ms > 0 && when === 'before') await wait(ms);
      const result = await work();
      if (ms > 0 && when === 'after') await wait(ms);
      return result;
    },
    controls: {
      'POST /_stand-in/fail': ({ count, ms, status }) => {
        if (ms === undefined) faults.failNext(count as number, status as number | undefined);
        else faults.failFor(ms as number, status as number | undefined);
        return done;
      },
      'POST /_stand-in/stall': ({ count, ms, when }) => {
        faults.stallNext(count as number, ms as number, when as StallPoint | undefined);
        return done;
      },
      'POST /_stand-in/slow': ({ ms }) => {
        faults.slowDown(ms as number);
        return done;
      },
      'POST /_stand-in/recover': () => {
        faults.recover();
        return done;
      },
      'GET /_stand-in/requests': () => faults.requests(),
    },
    close: () => closing.abort(),
  };
}
