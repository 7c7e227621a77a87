import type { HttpFunction } from '@google-cloud/functions-framework';
import { errorText } from './errors.ts';
import type { Logger } from './log.ts';

/** What ends with an instance, and how. */
export interface LifecycleOptions {
  /** Closes clients, once no request is in work any more: publishers flush, pools end. */
  close(): Promise<void>;
  log: Logger;
  /** Longest wait for requests in work, in milliseconds: Cloud Run kills ten seconds after SIGTERM. Default 8,000. */
  graceMs?: number;
  /** Ends the process; for tests. */
  exit?: (code: number) => void;
}

/** The life of one instance. */
export interface Lifecycle {
  /** Wraps a function, so that its requests are waited for. */
  track(handler: HttpFunction): HttpFunction;
  /** Takes no more requests, waits for those in work, closes, and exits with 0. */
  end(reason: string): Promise<void>;
}

/**
 * Ends an instance without cutting a request: what is in work is answered, what comes is answered 503 and delivered to
 * another instance. What is still in work when time is up gets no answer, and is delivered again: nothing depends on a
 * clean end.
 *
 * The functions framework would end the process at once at SIGTERM, with the requests in work. It sets its handlers when
 * it listens; ours take their place with the first request, before which there is nothing to lose.
 */
export function createLifecycle({ close, log, graceMs = 8_000, exit = process.exit }: LifecycleOptions): Lifecycle {
  let inWork = 0;
  let isEnding = false;
  let isRegistered = false;
  let wake = () => {};

  function register(): void {
    if (isRegistered) return;
    isRegistered = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.removeAllListeners(signal);
      process.on(signal, () => void end(signal));
    }
  }

  async function end(reason: string): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    const startedAt = performance.now();
    const timer = setTimeout(() => wake(), graceMs);
    while (inWork > 0 && performance.now() - startedAt < graceMs) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    clearTimeout(timer);
    const fields = { reason, unanswered: inWork, waitedMs: Math.round(performance.now() - startedAt) };
    try {
      // What is cut off may hold connections for longer than there is time.
      await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
      log.info('instance ended', fields);
    } catch (error) {
      log.warning('instance ended, not all could be closed', { ...fields, error: errorText(error) });
    }
    exit(0);
  }

  return {
    end,
    track: (handler) => (request, response) => {
      register();
      if (isEnding) {
        response.status(503).set('connection', 'close').json({ error: 'this instance is ending' });
        return;
      }
      inWork += 1;
      response.once('close', () => {
        inWork -= 1;
        if (inWork === 0) wake();
      });
      return handler(request, response);
    },
  };
}
