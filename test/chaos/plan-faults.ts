import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../stand-ins/gateway.ts';
import type { Random } from '../stand-ins/sites/random.ts';
import type { Cluster } from './cluster.ts';
import type { Instances } from './instances.ts';
import type { StandInProcess } from './stand-ins.ts';

export interface FaultTargets {
  cluster: Cluster;
  instances: Instances;
  gateway: Gateway;
  typesense: StandInProcess;
  enricher: StandInProcess;
  /** Calls `reconcile`, as its schedule does. */
  reconcile(): Promise<void>;
  say(text: string): void;
}

export interface FaultCounts {
  kills: number;
  dbRestarts: number;
}

/** Everything that goes wrong within `durationMs`; resolves when the last of it is over, with the database up. */
export async function causeFaults(
  targets: FaultTargets,
  { random, durationMs, signal }: { random: Random; durationMs: number; signal: AbortSignal },
): Promise<FaultCounts> {
  const { cluster, instances, gateway, typesense, enricher, reconcile, say } = targets;
  const counts: FaultCounts = { kills: 0, dbRestarts: 0 };
  const startedAt = performance.now();
  const whileMs = Math.min(8_000, durationMs * 0.08);

  async function at(share: number, what: string, work: () => void | Promise<void>): Promise<void> {
    await sleep(share * durationMs, undefined, { signal });
    say(what);
    await work();
  }

  async function repeat(minimumMs: number, maximumMs: number, work: () => void | Promise<void>): Promise<void> {
    for (;;) {
      const pauseMs = random.integer(minimumMs, maximumMs);
      if (performance.now() - startedAt + pauseMs > durationMs) return;
      await sleep(pauseMs, undefined, { signal });
      await work();
    }
  }

  async function restartDatabase(): Promise<void> {
    await cluster.crash();
    await sleep(random.integer(200, 1_500));
    await cluster.start();
    counts.dbRestarts += 1;
  }

  await Promise.all([
    at(0.15, 'the enricher answers 429', () => enricher.tell('fail', { ms: whileMs, status: 429 })),
    at(0.25, 'the database dies', restartDatabase),
    at(0.38, 'the gateway answers 429', () => gateway.refuseFor(whileMs)),
    at(0.48, 'Typesense answers 500', () => typesense.tell('fail', { ms: whileMs, status: 500 })),
    at(0.58, 'Typesense stalls before it writes', () => typesense.tell('stall', { count: 6, ms: 2_200 })),
    at(0.64, 'the database dies again', restartDatabase),
    at(0.75, 'Typesense stalls after it wrote', () => typesense.tell('stall', { count: 6, ms: 2_200, when: 'after' })),
    at(0.8, 'Typesense answers 429', () => typesense.tell('fail', { ms: whileMs, status: 429 })),
    at(0.88, 'the enricher answers 500, then is slow', async () => {
      await enricher.tell('fail', { ms: whileMs, status: 500 });
      await enricher.tell('slow', { ms: 100 });
    }),
    repeat(1_500, 3_000, () => {
      if (instances.kill(random)) counts.kills += 1;
    }),
    repeat(3_000, 4_000, reconcile),
  ]);
  return counts;
}
