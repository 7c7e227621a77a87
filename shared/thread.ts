import { type Transferable, Worker } from 'node:worker_threads';
import { errorText, RetryableError } from './errors.ts';
import type { Logger } from './log.ts';
import { BUSY, STOPPED, type ThreadMessage } from './serve-thread.ts';
import { unpackError } from './thread-errors.ts';

/** Work that is done beside the event loop, by a module that calls `serveThread`. */
export interface Thread<Info, Request, Reply> {
  readonly info: Info;
  /**
   * @param transfer buffers of the request that change hands instead of being copied.
   * @throws {RetryableError} when the thread dies over it, or died too often. Errors of the service keep their class.
   */
  call(request: Request, transfer?: readonly Transferable[]): Promise<Reply>;
  /** Waits for what was asked before, then ends the thread. */
  close(): Promise<void>;
}

/** How a thread is started. */
export interface ThreadOptions {
  /** For errors and logs: what the thread does. */
  name: string;
  module: URL;
  /** Given to the service when it opens. */
  data: unknown;
  /** Bound of V8's space for its new objects, in MiB; V8's own, of some 100, unless given. */
  youngHeapMb?: number;
  log: Logger;
  /** In milliseconds. */
  now?: () => number;
}

/** Deaths in a row, without an answer between them, after which a thread is left alone for a while. */
const maxDeaths = 3;
const pauseMs = 30_000;

/**
 * Starts a thread and waits until its service is open. A thread that dies fails what it was asked with a RetryableError;
 * the next call starts it again, three times in a row, then one start in half a minute.
 *
 * An idle thread does not keep the process alive, and a process that ends waits for a busy one.
 *
 * @throws what the service throws when it opens.
 */
export async function startThread<Info, Request, Reply>(options: ThreadOptions): Promise<Thread<Info, Request, Reply>> {
  const { name, log, now = () => performance.now() } = options;
  let deaths = 0;
  let diedAt = 0;
  let isClosed = false;

  function countDeath(reason: unknown): void {
    deaths++;
    diedAt = now();
    current = undefined;
    log.error('thread died', { thread: name, deaths, error: errorText(reason) });
  }

  function restart(): Promise<Running<Info, Request, Reply>> {
    if (deaths >= maxDeaths && now() - diedAt < pauseMs) {
      const text = `The thread for ${name} died ${deaths} times in a row and rests for ${pauseMs / 1000} s`;
      throw new RetryableError(text);
    }
    return runThread<Info, Request, Reply>(options, countDeath).catch((cause: unknown) => {
      countDeath(cause);
      throw new RetryableError(`The thread for ${name} cannot be started again: ${errorText(cause)}`, { cause });
    });
  }

  let current: Promise<Running<Info, Request, Reply>> | undefined;
  const first = await runThread<Info, Request, Reply>(options, countDeath);
  current = Promise.resolve(first);
  return {
    info: first.info,
    async call(request, transfer = []) {
      if (isClosed) throw new Error(`The thread for ${name} is closed`);
      current ??= restart();
      const reply = await (await current).call(request, transfer);
      deaths = 0;
      return reply;
    },
    async close() {
      isClosed = true;
      const running = await current?.catch(() => undefined);
      await running?.close();
    },
  };
}

interface Running<Info, Request, Reply> {
  info: Info;
  call(request: Request, transfer: readonly Transferable[]): Promise<Reply>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** One life of a thread; `onDeath` is told of its end once it was open. */
async function runThread<Info, Request, Reply>(
  { name, module, data, youngHeapMb }: ThreadOptions,
  onDeath: (reason: unknown) => void,
): Promise<Running<Info, Request, Reply>> {
  const state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const resourceLimits = youngHeapMb === undefined ? {} : { maxYoungGenerationSizeMb: youngHeapMb };
  const worker = new Worker(module, { workerData: { data, state }, execArgv: [], resourceLimits });
  const waiting = new Map<number, Waiting>();
  const exited = Promise.withResolvers<void>();
  let isOpen = false;
  let lastId = 0;
  let reason: unknown = new Error('it ended by itself');
  states.add(state);

  worker.on('error', (error) => {
    reason = error;
  });
  worker.on('exit', () => {
    states.delete(state);
    exited.resolve();
    if (isOpen) onDeath(reason);
    const error = new RetryableError(`The thread for ${name} died: ${errorText(reason)}`, { cause: reason });
    for (const { reject } of waiting.values()) reject(error);
  });
  worker.on('message', (message: ThreadMessage<never>) => {
    const { resolve, reject } = waiting.get(message.id)!;
    waiting.delete(message.id);
    if (waiting.size === 0) worker.unref();
    if ('value' in message) return resolve(message.value);
    reject(unpackError(message.error));
  });

  const answerTo = <T>(id: number) =>
    new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
    });
  const info = await answerTo<Info>(0);
  isOpen = true;
  return {
    info,
    call(request, transfer) {
      const id = ++lastId;
      const reply = answerTo<Reply>(id);
      worker.postMessage({ id, request }, transfer);
      return reply;
    },
    async close() {
      isOpen = false;
      worker.ref();
      worker.postMessage('close');
      await exited.promise;
    },
  };
}

/** Of all threads that live. */
const states = new Set<Int32Array>();

process.on('exit', () => {
  // In this order on this side, and the other way round in the thread: it either sees the one, or we see the other.
  for (const state of states) Atomics.store(state, STOPPED, 1);
  for (const state of states) Atomics.wait(state, BUSY, 1, 10_000);
});
