import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { RandomAccess } from './dataset-source.ts';
import { type PackedError, packError, unpackError } from './thread-errors.ts';

interface Slice {
  id: number;
  start: number;
  end: number;
}
type Answer = { id: number; bytes: ArrayBuffer } | { id: number; error: PackedError };

/**
 * Lets another thread read a file that this one has open: its bytes change hands, they are not copied.
 *
 * @returns what the other thread gives to {@link borrowAccess}; the file stays this one's to close.
 */
export function lendAccess(access: RandomAccess): MessagePort {
  const { port1: port, port2 } = new MessageChannel();
  port.on('message', async ({ id, start, end }: Slice) => {
    try {
      const bytes = await access.slice(start, end);
      port.postMessage({ id, bytes } satisfies Answer, [bytes]);
    } catch (error) {
      port.postMessage({ id, error: packError(error) } satisfies Answer);
    }
  });
  return port2;
}

/** Reads a file that another thread has open. Closing it ends the loan only. */
export function borrowAccess(port: MessagePort): RandomAccess {
  const waiting = new Map<number, { resolve(bytes: ArrayBuffer): void; reject(error: Error): void }>();
  let lastId = 0;
  port.on('message', (answer: Answer) => {
    const { resolve, reject } = waiting.get(answer.id)!;
    waiting.delete(answer.id);
    if ('bytes' in answer) resolve(answer.bytes);
    else reject(unpackError(answer.error));
  });
  return {
    slice: (start, end) =>
      new Promise((resolve, reject) => {
        waiting.set(++lastId, { resolve, reject });
        port.postMessage({ id: lastId, start, end } satisfies Slice);
      }),
    close: async () => port.close(),
  };
}
