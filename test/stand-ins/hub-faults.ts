import { setTimeout as sleep } from 'node:timers/promises';
import { createFaults, type FaultSwitches, type Faults, type StallPoint } from './faults.ts';

/** The requests that can be told apart when one is to go wrong. `put` is an upload, whole or one part of it. */
export type HubStep =
  | 'whoami'
  | 'create'
  | 'info'
  | 'refs'
  | 'tree'
  | 'paths'
  | 'commits'
  | 'preupload'
  | 'batch'
  | 'put'
  | 'complete'
  | 'verify'
  | 'commit'
  | 'resolve'
  | 'download';

/** Which requests of a step: `count` of them (default 1) after the next `skip` ones (default 0) have passed. */
export interface Occasion {
  count?: number;
  skip?: number;
  /** Before the work (default), or after it is done and landed. */
  when?: StallPoint;
}

/** An answer in place of the real one. Default 503; a 429 without headers gets the Hub's own. */
export interface Failure extends Occasion {
  status?: number;
  headers?: Record<string, string>;
}

/**
 * What the Hub stand-in can be told to do wrong, beside what all can. Faults planned for one step happen in the order in
 * which they were planned. Over HTTP: `POST /_stand-in/fail-at {"step", ...}`, `/drop-at`, `/stall-at`.
 */
export interface HubFaults extends Faults {
  failAt(step: HubStep, failure?: Failure): void;
  /** Cuts the connection in the middle of the request's body, or of the answer's where the request has none. */
  dropAt(step: HubStep, occasion?: Occasion): void;
  stallAt(step: HubStep, stall: Occasion & { ms: number }): void;
}

export type StepFault = { when: StallPoint } & (
  | { kind: 'fail'; status: number; headers: Record<string, string> }
  | { kind: 'drop' }
  | { kind: 'stall'; ms: number }
);

export interface HubFaultSwitches extends HubFaults, Omit<FaultSwitches, keyof Faults> {
  /** The fault that this request of a step is to meet, if any. */
  meet(step: HubStep): StepFault | undefined;
  /** Waits, unless the stand-in closes first. */
  wait(ms: number): Promise<void>;
}

const rateLimited = {
  'Retry-After': '1',
  RateLimit: '"api";r=0;t=1',
  'RateLimit-Policy': '"fixed window";"api";q=1000;w=300',
};

/** The switches of one Hub stand-in. */
export function createHubFaults(): HubFaultSwitches {
  const faults = createFaults();
  const closing = new AbortController();
  const planned = new Map<HubStep, { fault: StepFault; count: number; skip: number }[]>();

  function plan(step: HubStep, fault: StepFault, { count = 1, skip = 0 }: Occasion): void {
    planned.set(step, [...(planned.get(step) ?? []), { fault, count, skip }]);
  }
  const own: Omit<HubFaults, keyof Faults> = {
    failAt: (step, { status = 503, headers, when = 'before', ...occasion } = {}) =>
      plan(step, { kind: 'fail', status, headers: headers ?? (status === 429 ? rateLimited : {}), when }, occasion),
    dropAt: (step, { when = 'before', ...occasion } = {}) => plan(step, { kind: 'drop', when }, occasion),
    stallAt: (step, { ms, when = 'before', ...occasion }) => plan(step, { kind: 'stall', ms, when }, occasion),
  };
  const recover = () => {
    faults.recover();
    planned.clear();
  };
  const told = (work: () => void) => {
    work();
    return { ok: true };
  };
  return {
    ...faults,
    ...own,
    recover,
    meet: (step) => {
      const queue = planned.get(step) ?? [];
      const next = queue[0];
      if (!next) return undefined;
      if (next.skip > 0) {
        next.skip -= 1;
        return undefined;
      }
      next.count -= 1;
      if (next.count <= 0) queue.shift();
      return next.fault;
    },
    wait: (ms) => sleep(ms, undefined, { signal: closing.signal }),
    controls: {
      ...faults.controls,
      'POST /_stand-in/fail-at': ({ step, ...rest }) => told(() => own.failAt(step as HubStep, rest as Failure)),
      'POST /_stand-in/drop-at': ({ step, ...rest }) => told(() => own.dropAt(step as HubStep, rest as Occasion)),
      'POST /_stand-in/stall-at': ({ step, ms, ...rest }) =>
        told(() => own.stallAt(step as HubStep, { ...rest, ms: ms as number })),
      'POST /_stand-in/recover': () => told(recover),
    },
    close: () => {
      faults.close();
      closing.abort();
    },
  };
}
