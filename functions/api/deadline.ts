import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ProblemError } from './problem.ts';

/** What was waited for took too long. */
export class TimeoutError extends Error {
  override name = 'TimeoutError';
}

/** Nobody waits for the answer any more. */
export class ClientGoneError extends Error {
  override name = 'ClientGoneError';
}

/**
 * What the work returns, if it does in time. Work that takes longer goes on unseen, unless it heeds the signal.
 *
 * @throws {TimeoutError} after `timeoutMs`; the text says of what.
 */
export async function within<T>(
  timeoutMs: number,
  what: string,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  const deadline = new AbortController();
  const timeout = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    const error = new TimeoutError(`${what} took longer than ${timeoutMs} ms`);
    deadline.abort(error);
    throw error;
  });
  try {
    return await Promise.race([work(deadline.signal), timeout]);
  } finally {
    timer.abort();
    timeout.catch(() => {});
  }
}

/** Comes when the connection closes before the answer is sent. */
export function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new ClientGoneError('The client went away.'));
  });
  return gone.signal;
}

/** An answer of 503, for what may work in a few seconds. */
export function unavailable(detail: string, cause: unknown): ProblemError {
  return new ProblemError(503, detail, { headers: { 'retry-after': '5' }, cause });
}
