import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import { findEmulator } from './emulator-sdk.ts';

/** A Pub/Sub emulator that answers. Its topics, subscriptions and messages are in its memory alone. */
export interface PubSubEmulator {
  /** `host:port`, as PUBSUB_EMULATOR_HOST has it. */
  endpoint: string;
  /** Ends it, if this process started it. */
  stop(): Promise<void>;
}

/** Runs Java until its input ends, as it does when the process at the other end is killed. */
const guard = 'exec 3<&0; java "$@" & java=$!; { read -r _ <&3; kill $java; } 2>/dev/null & wait $java';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 5000;

/**
 * Starts the emulator of the Google Cloud SDK on a free port of loopback, and waits until it answers. It ends with this
 * process, however that ends.
 *
 * @throws {NoEmulatorError} where it is not installed.
 */
export async function startEmulator(): Promise<PubSubEmulator> {
  const jar = await findEmulator();
  const port = await freePort();
  const child = spawn('sh', ['-c', guard, 'sh', '-Xmx512m', '-jar', jar, '--host=127.0.0.1', `--port=${port}`], {
    // In a process group of its own, or Ctrl-C would end it before those who still publish.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const stop = () => end(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const failed = once(child, 'exit').then(
    ([code]) => {
      throw new Error(`The Pub/Sub emulator ended with code ${code}: ${said.trim()}`);
    },
    (cause) => {
      throw new Error(`The Pub/Sub emulator cannot be started: ${errorMessage(cause)}`, { cause });
    },
  );
  failed.catch(() => {});
  const endpoint = `127.0.0.1:${port}`;
  try {
    await Promise.race([failed, answers(endpoint, startTimeoutMs)]);
  } catch (error) {
    await stop();
    throw error;
  }
  for (const handle of [child, child.stdin, child.stderr]) (handle as unknown as { unref(): void }).unref();
  return { endpoint, stop };
}

/**
 * The emulator that runs at `endpoint`.
 *
 * @throws when it does not answer.
 */
export async function useEmulator(endpoint: string): Promise<PubSubEmulator> {
  await answers(endpoint, 5000);
  return { endpoint, stop: async () => {} };
}

async function answers(endpoint: string, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      const answer = await fetch(`http://${endpoint}/`, { signal: AbortSignal.timeout(2000) });
      await answer.arrayBuffer();
      if (answer.ok) return;
      throw new Error(`status ${answer.status}`);
    } catch (cause) {
      if (performance.now() > until) {
        throw new Error(`The Pub/Sub emulator at ${endpoint} does not answer: ${errorMessage(cause)}`, { cause });
      }
      await sleep(100);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.ref();
  child.stdin!.end();
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
