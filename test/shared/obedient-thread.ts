import { existsSync, readFileSync } from 'node:fs';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { serveThread } from '../../shared/serve-thread.ts';

export type Order =
  | { do: 'echo'; bytes: Uint8Array }
  | { do: 'throw'; kind: string }
  | { do: 'die' }
  | { do: 'block'; ms: number };

/** A thread that does what a test says. Its data is a file: if that holds a text, the thread does not open. */
serveThread(async (path: string) => {
  const refusal = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (refusal) throw new ConfigError(refusal);
  return {
    info: 'open',
    async answer(order: Order) {
      switch (order.do) {
        case 'echo':
          return { reply: order.bytes, transfer: [order.bytes.buffer as ArrayBuffer] };
        case 'throw':
          throw errorOf(order.kind);
        case 'die':
          return process.exit(3);
        case 'block':
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
          return { reply: new Uint8Array(), transfer: [] };
      }
    },
  };
});

function errorOf(kind: string): Error {
  if (kind === 'permanent') return new PermanentError('never');
  if (kind === 'retryable') return new RetryableError('later');
  return new RangeError('too much');
}
