import { setTimeout as sleep } from 'node:timers/promises';
import { fetch as undiciFetch } from 'undici';
import { ConfigError, errorMessage, PermanentError, RetryableError } from './errors.ts';
import { codeOf } from './folder-errors.ts';
import { type HubSubject, hubError, RateLimitedError } from './hub-errors.ts';
import { askWithSecret, isRefusal, type Secret } from './secret.ts';

/** How long requests are tried; the defaults are for a scheduled run of half an hour. */
export interface HubPatience {
  /** Of one request, with its answer. Default one minute. */
  timeoutMs?: number;
  /** Of the upload of one file or part. Default ten minutes. */
  uploadTimeoutMs?: number;
  /** Of a commit, which is slow where it has many files. Default three minutes. */
  commitTimeoutMs?: number;
  /** Tries of one request. Default 5. */
  attempts?: number;
  /** Before the second try; doubled for each further one. Default one second. */
  pauseMs?: number;
  /** The longest pause that the Hub may ask for; above it the run ends. Default five minutes. */
  maxPauseMs?: number;
}

export interface HubRequest {
  url: string;
  /** Made anew for each try: a stream can be sent once. */
  init?: () => RequestInit;
  /** What is being done, for the text of an error. */
  work: string;
  /** Whether the token goes along, unless the headers have one of their own. Default false: a storage has signed addresses. */
  isAuthorized?: boolean;
  /** Statuses that the caller understands, beside those of success. */
  expects?: readonly number[];
  timeoutMs?: number;
  /** Whether a request of unknown outcome is sent again. Default true; one that was answered 429 always is. */
  isRepeatable?: boolean;
}

/** Sends requests about one dataset. */
export interface HubRequests {
  /**
   * The answer with its whole body in memory: nothing of it is left to fail.
   *
   * @throws {RateLimitedError} when the Hub asks for a longer pause than `maxPauseMs`.
   * @throws {RetryableError} when no try had an outcome.
   * @throws {ConfigError | PermanentError} when the Hub refuses.
   */
  send(request: HubRequest): Promise<Response>;
  patience: Required<HubPatience>;
}

/** Node's own holds all of a body that it streams in memory. */
const streamingFetch = undiciFetch as unknown as typeof fetch;

/** A sender for one dataset, which has the retries that the Hub's client lacks. */
export function createHubRequests(
  dataset: string,
  options: HubPatience & { token: Secret; fetch?: typeof fetch },
): HubRequests {
  const { token, fetch: ask = streamingFetch, ...patience } = options;
  const { attempts = 5, pauseMs = 1_000, maxPauseMs = 300_000 } = patience;
  const { timeoutMs = 60_000, uploadTimeoutMs = 600_000, commitTimeoutMs = 180_000 } = patience;

  const exchange = async (request: HubRequest, ownHeaders: Record<string, string>): Promise<Response> => {
    const { headers, ...init } = request.init?.() ?? {};
    const signal = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
    const sent = { ...ownHeaders, ...Object.fromEntries(new Headers(headers)) };
    const answer = await ask(request.url, { ...init, headers: sent, signal });
    const body = await answer.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, { status: answer.status, headers: [...answer.headers] });
  };

  const once = async (request: HubRequest): Promise<Response> => {
    if (!request.isAuthorized) return await exchange(request, {});
    return await askWithSecret(token, (value) => exchange(request, { authorization: `Bearer ${value}` }), isRefusal);
  };

  const send = async (request: HubRequest): Promise<Response> => {
    const subject: HubSubject = { dataset, work: request.work };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await once(request).catch((error: unknown) => unanswered(subject, error));
      const isLast = attempt === attempts;
      let wishMs: number | undefined;
      if (answer instanceof Response) {
        if (answer.ok || request.expects?.includes(answer.status)) return answer;
        wishMs = pauseOf(answer.headers);
      }
      const waitMs = wishMs ?? pauseMs * 2 ** (attempt - 1);
      if (answer instanceof Response && answer.status === 429) {
        if (isLast || waitMs > maxPauseMs) throw new RateLimitedError(request.work, waitMs);
      } else {
        const error = answer instanceof Response ? await refusalOf(subject, answer) : answer;
        if (isLast || request.isRepeatable === false || !(error instanceof RetryableError)) throw error;
      }
      await sleep(Math.min(waitMs, maxPauseMs));
    }
  };
  return { send, patience: { attempts, pauseMs, maxPauseMs, timeoutMs, uploadTimeoutMs, commitTimeoutMs } };
}

/** What comes of a request without an answer. Errors of ours, such as of the file that is sent, pass as they are. */
function unanswered({ dataset, work }: HubSubject, cause: unknown): Error {
  const origin = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  for (const error of [cause, origin]) {
    if (error instanceof ConfigError || error instanceof PermanentError) return error;
  }
  const code = codeOf(origin);
  const detail = typeof code === 'string' ? `${code}, ${errorMessage(origin)}` : errorMessage(origin);
  return new RetryableError(`The Hub gives no answer to ${work} (${dataset}): ${detail}`, { cause });
}

async function refusalOf(subject: HubSubject, answer: Response): Promise<Error> {
  const code = answer.headers.get('x-error-code');
  const body = await answer.text();
  const text = answer.headers.get('x-error-message') ?? errorOf(body) ?? body.trim();
  return hubError(subject, { status: answer.status, text, ...(code ? { code } : {}) });
}

function errorOf(body: string): string | undefined {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    return [error, message].find((text) => typeof text === 'string');
  } catch {
    return undefined;
  }
}

/**
 * The pause that the Hub asks for, in milliseconds.
 *
 * @see https://huggingface.co/docs/hub/rate-limits for `RateLimit: "api";r=0;t=55`
 */
function pauseOf(headers: Headers): number | undefined {
  const wish = headers.get('retry-after')?.trim();
  if (wish && /^\d+$/.test(wish)) return Number(wish) * 1_000;
  const until = wish ? Date.parse(wish) : Number.NaN;
  if (!Number.isNaN(until)) return Math.max(0, until - Date.now());
  const window = /(?:^|;)\s*r=0\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '');
  return window ? Number(window[1]) * 1_000 : undefined;
}
