import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FunctionName } from '../../shared/pipeline.ts';
import type { Backend } from '../stand-ins/gateway.ts';
import type { Random } from '../stand-ins/sites/random.ts';

export interface InstancesOptions {
  /** How many of each function. */
  counts: Partial<Record<FunctionName, number>>;
  concurrency(name: FunctionName): number;
  env(name: FunctionName): Record<string, string>;
  /** Share of the requests and of the publishes that fail. */
  failureShare: number;
  /** One file of log lines a process. */
  logFolder: string;
}

/** Function instances, each a process of its own; one that ends is replaced. */
export interface Instances {
  /** Those of a function that answer now. */
  living(name: string): readonly Backend[];
  /** Kills one at random with SIGKILL; false when none lives. */
  kill(random: Random): boolean;
  /** None fails on purpose any more, and those to come do not either. */
  calm(): void;
  /** Resolves when all of them answer. @throws when they do not within this time. */
  ready(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Instance {
  name: FunctionName;
  child: ChildProcess | undefined;
  backend: Backend | undefined;
}

const starter = fileURLToPath(new URL('start-instance.ts', import.meta.url));
/** One that cannot start, for its database is away, is started again after this. */
const restartMs = 300;

export function startInstances(options: InstancesOptions): Instances {
  let { failureShare } = options;
  let isClosed = false;
  let started = 0;
  const instances = Object.entries(options.counts).flatMap(([name, count]) =>
    Array.from(
      { length: count },
      (): Instance => ({
        name: name as FunctionName,
        child: undefined,
        backend: undefined,
      }),
    ),
  );

  async function keep(instance: Instance): Promise<void> {
    const { name } = instance;
    while (!isClosed) {
      const child = spawn(process.execPath, [starter, name], {
        env: {
          PATH: process.env.PATH ?? '',
          ...options.env(name),
          CHAOS_FAILURE_SHARE: String(failureShare),
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      instance.child = child;
      const log = createWriteStream(join(options.logFolder, `${String(++started).padStart(3, '0')}-${name}.log`));
      child.stderr!.pipe(log, { end: false });
      createInterface({ input: child.stdout! }).on('line', (line) => {
        log.write(`${line}\n`);
        const port = /^listening (\d+)$/.exec(line)?.[1];
        if (port) instance.backend = { url: `http://127.0.0.1:${port}`, concurrency: options.concurrency(name) };
      });
      await once(child, 'exit');
      instance.backend = undefined;
      if (!isClosed) await sleep(restartMs);
    }
  }
  const kept = instances.map(keep);

  return {
    living: (name) => instances.flatMap((one) => (one.name === name && one.backend ? [one.backend] : [])),
    kill: (random) => {
      const living = instances.filter(({ backend }) => backend);
      if (living.length === 0) return false;
      const victim = random.pick(living);
      // It gets no request any more, and those that it has get no answer.
      victim.backend = undefined;
      return victim.child!.kill('SIGKILL');
    },
    calm: () => {
      failureShare = 0;
      // One that is dying cannot be told, and its successor knows.
      for (const { child } of instances) if (child?.connected) child.send({ failureShare }, () => {});
    },
    ready: async (timeoutMs) => {
      const until = performance.now() + timeoutMs;
      while (instances.some(({ backend }) => !backend)) {
        if (performance.now() > until) {
          const missing = instances.filter(({ backend }) => !backend).map(({ name }) => name);
          throw new Error(`No answer within ${timeoutMs} ms from ${missing.join(', ')}: see ${options.logFolder}`);
        }
        await sleep(50);
      }
    },
    close: async () => {
      isClosed = true;
      for (const { child } of instances) child?.kill('SIGKILL');
      await Promise.all(kept);
    },
  };
}
