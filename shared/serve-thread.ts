import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { type PackedError, packError } from './thread-errors.ts';

/** What a thread does: tells something of itself once, then answers. */
export interface ThreadService<Info, Request, Reply> {
  info: Info;
  /** `transfer`: buffers of the reply that change hands instead of being copied. */
  answer(request: Request): Promise<{ reply: Reply; transfer: Transferable[] }>;
  close?(): Promise<void>;
}

/** What the starter of a thread gives it. */
export interface ThreadData<Data> {
  data: Data;
  /** See {@link BUSY} and {@link STOPPED}. */
  state: Int32Array;
}

/** Index of `ThreadData.state`: 1 while the thread is inside native code or may enter it. */
export const BUSY = 0;
/** Index of `ThreadData.state`: 1 once the process ends; the thread begins nothing any more. */
export const STOPPED = 1;

/** Id 0 answers the opening of the thread. */
export type ThreadMessage<T> = { id: number; value: T } | { id: number; error: PackedError };
export type ThreadRequest<T> = { id: number; request: T } | 'close';

/**
 * The other end of `startThread`, to be called by the module that runs as a thread: one request after the other.
 *
 * @param isNative whether it enters native code that must not be cut short: then a process that ends waits for it.
 */
export function serveThread<Data, Info, Request, Reply>(
  open: (data: Data) => Promise<ThreadService<Info, Request, Reply>>,
  { isNative = true } = {},
): void {
  const { data, state } = workerData as ThreadData<Data>;
  const port = parentPort!;
  const send = (message: ThreadMessage<Info | Reply>, transfer: Transferable[] = []) =>
    port.postMessage(message, transfer);

  /** Says to a process that ends that it must wait: a thread that is ended inside native code takes the process along. */
  async function guarded(id: number, work: () => Promise<void>): Promise<boolean> {
    Atomics.store(state, BUSY, Number(isNative));
    try {
      if (Atomics.load(state, STOPPED) === 0) await work();
      return true;
    } catch (error) {
      send({ id, error: packError(error) });
      return false;
    } finally {
      Atomics.store(state, BUSY, 0);
      Atomics.notify(state, BUSY);
    }
  }

  let service: ThreadService<Info, Request, Reply> | undefined;
  let last: Promise<unknown> = guarded(0, async () => {
    service = await open(data);
    send({ id: 0, value: service.info });
  }).then((isOpen) => {
    if (!isOpen) port.close();
  });
  port.on('message', (message: ThreadRequest<Request>) => {
    last = last.then(async () => {
      if (message === 'close') {
        await service?.close?.();
        port.close();
        return;
      }
      await guarded(message.id, async () => {
        const { reply, transfer } = await service!.answer(message.request);
        send({ id: message.id, value: reply }, transfer);
      });
    });
  });
}
