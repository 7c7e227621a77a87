import type { Dispatcher } from 'undici';
import { BrokenUrlError, HttpStatusError, NetworkError, RateLimitedError, RefusedUrlError } from '../errors.ts';
import type { FetchedPage, FetchIfChanged, FetchPage, Page, Validators } from '../page.ts';
import { refuseChallenge } from '../read/judge-page.ts';
import { checkUrl } from './check-url.ts';
import { type Answer, exchange } from './exchange.ts';
import { type HostGate, MAX_DEFERRAL_MS, wait } from './host-gate.ts';
import { decodeBody } from './read-body.ts';
import { MAX_ROBOTS_BYTES, type Robots } from './robots.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BROKEN = new Set([401, 403, 404, 410]);
/** On top of the first try, over all hops of a page. */
const MAX_RETRIES = 2;
/** A mistaken Retry-After must not close a host for all instances for days. */
const MAX_HOST_PAUSE_MS = 3_600_000;
/** For a host that does not say how long. */
const UNTOLD_PAUSE_MS = 60_000;

export interface PageFetcherOptions {
  /** Must refuse private addresses (`createGuardedDispatcher`), except where it leads to a sample site on purpose. */
  dispatcher: Dispatcher;
  gate: HostGate;
  robots: Robots;
  /** Lower-case hosts of the configured sources and their assets; no other host is asked, redirects included. */
  allowedHosts: ReadonlySet<string>;
  /** Who we are, with a contact address; some sources want another one. */
  userAgent: string;
  /** Of one request. */
  timeoutMs: number;
  maxBytes: number;
  now: () => Date;
  /** The end of the run: what waits or is under way rejects with its reason. */
  signal?: AbortSignal | undefined;
  /** Average wait before the first retry; three times that before the second. Default 1,000. */
  retryDelayMs?: number | undefined;
}

export interface PageFetcher {
  fetchPage: FetchPage;
  fetchIfChanged: FetchIfChanged;
}

interface PageRequest {
  accept: string;
  conditions: Record<string, string>;
  isRobotsFile: boolean;
  signal: AbortSignal | undefined;
}

/** Fetches pages within the rules: https, known hosts, robots.txt, bounded bodies, few at a time, one identity. */
export function createPageFetcher(options: PageFetcherOptions): PageFetcher {
  const { allowedHosts, dispatcher, gate, maxBytes, now, robots, timeoutMs, userAgent } = options;
  const { retryDelayMs = 1_000 } = options;

  /** Through the gate, with retries where one can help; the answer that is left then may have any status. */
  async function ask(url: URL, request: PageRequest, retries: Retries): Promise<Answer> {
    const { accept, conditions, isRobotsFile, signal } = request;
    const minIntervalMs = isRobotsFile ? 0 : await untilAborted(robots.check(url, userAgent, fetchRobotsFile), signal);
    const work = () =>
      exchange(url.href, {
        dispatcher,
        headers: { 'user-agent': userAgent, accept, ...conditions },
        timeoutMs,
        signal,
        maxBytes: isRobotsFile ? MAX_ROBOTS_BYTES : maxBytes,
        isCut: isRobotsFile,
      });
    while (true) {
      const answer = await gate.run(url.hostname, work, { minIntervalMs, signal }).catch((error: unknown) => {
        if (error instanceof NetworkError && retries.left > 0) return null;
        throw error;
      });
      const pauseMs = answer && pauseOf(answer, now());
      if (answer && pauseMs !== undefined) {
        await gate.deferHost(url.hostname, Math.min(pauseMs ?? UNTOLD_PAUSE_MS, MAX_HOST_PAUSE_MS));
      }
      // Challenges come with 403 and 503 too, and then say more than the status.
      if (answer && (answer.status !== 200 || isRobotsFile)) refuseChallenge(readAnswer(answer, url.href));
      if (answer && (retries.left === 0 || !mayPass(answer, pauseMs))) return answer;
      const delayMs = retryDelayMs * 3 ** (MAX_RETRIES - retries.left) * (0.5 + Math.random());
      retries.left -= 1;
      // The gate waits out what the host asked for, which may be nothing.
      await wait(delayMs, signal);
    }
  }

  /** Follows redirects to the page; null when it has not changed. */
  async function follow(requestedUrl: string, request: PageRequest): Promise<FetchedPage | null> {
    let url = checkUrl(requestedUrl, allowedHosts);
    // What we know about a page says nothing about the one that another address leads to.
    let conditions = request.conditions;
    const retries = { left: MAX_RETRIES };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await ask(url, { ...request, conditions }, retries);
      if (answer.status === 304 && Object.keys(conditions).length > 0) return null;
      if (!REDIRECTS.has(answer.status)) return toPage(answer, url.href, requestedUrl);
      url = checkUrl(redirectTarget(answer, url.href), allowedHosts);
      conditions = {};
    }
    throw new BrokenUrlError(requestedUrl, `more than ${MAX_REDIRECTS} redirects`);
  }

  function toPage(answer: Answer, url: string, requestedUrl: string): FetchedPage {
    const { status, headers, bytes } = answer;
    const fetchedAt = now();
    const pauseMs = pauseOf(answer, fetchedAt);
    if (pauseMs !== undefined) throw new RateLimitedError(url, pauseMs);
    if (BROKEN.has(status)) throw new BrokenUrlError(url, `status ${status}`, status);
    if (status !== 200) throw new HttpStatusError(url, status);
    return { requestedUrl, ...readAnswer(answer, url), status, headers, bytes, fetchedAt };
  }

  async function fetchWhole(url: string, request: PageRequest): Promise<FetchedPage> {
    return (await follow(url, request)) ?? Promise.reject(new HttpStatusError(url, 304));
  }

  /** The text, or null where the host has none to offer; not bound to this run, for others may wait for it too. */
  async function fetchRobotsFile(url: string): Promise<string | null> {
    try {
      const request = { accept: 'text/plain, */*;q=0.5', conditions: {}, isRobotsFile: true, signal: undefined };
      return (await fetchWhole(url, request)).body;
    } catch (error) {
      // RFC 9309, section 2.3.1.3: any 4xx, and a redirect that leads nowhere, is a host without rules.
      if (error instanceof BrokenUrlError || error instanceof RefusedUrlError) return null;
      if (error instanceof HttpStatusError && error.status >= 400 && error.status < 500) return null;
      throw error;
    }
  }

  const { signal } = options;
  return {
    fetchPage: (url, accept) => fetchWhole(url, { accept, conditions: {}, isRobotsFile: false, signal }),
    fetchIfChanged: (url, accept, validators) =>
      follow(url, { accept, conditions: conditionsOf(validators), isRobotsFile: false, signal }),
  };
}

interface Retries {
  left: number;
}

function readAnswer({ headers, bytes }: Answer, url: string): Page {
  const contentType = headers['content-type']?.trim() ?? '';
  return { url, contentType, body: decodeBody(bytes, contentType) };
}

function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  // They come from a header and go into one: what none can hold is no validator.
  const isValid = (value: string | null) => value !== null && /^[\t\x20-\x7e\x80-\xff]{1,1000}$/.test(value);
  return {
    ...(isValid(etag) ? { 'if-none-match': etag! } : {}),
    ...(isValid(lastModified) ? { 'if-modified-since': lastModified! } : {}),
  };
}

/** How long the host wants us to stay away: undefined when it does not, null when it does not say how long. */
function pauseOf({ status, headers }: Answer, now: Date): number | null | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (status !== 429 && !(status === 503 && text !== '')) return undefined;
  // A number of seconds or an HTTP date (RFC 9110, section 10.2.3).
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Without its letters, "1.5" would be the fifth of January.
  const date = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}

/** Whether the same request may have a better answer within seconds. */
function mayPass({ status }: Answer, pauseMs: number | null | undefined): boolean {
  if (pauseMs !== undefined) return pauseMs !== null && pauseMs <= MAX_DEFERRAL_MS;
  return status >= 500 || status === 408 || status === 425;
}

function redirectTarget({ status, headers }: Answer, url: string): string {
  const location = headers.location?.trim() ?? '';
  // Bytes that come as Latin-1, and are UTF-8 where a server does not escape its accents.
  const decoded = Buffer.from(location, 'latin1').toString('utf8');
  const target = URL.parse(decoded.includes('\ufffd') ? location : decoded, url);
  if (location === '' || !target) throw new BrokenUrlError(url, `a redirect to "${location}"`, status);
  // Old portals redirect to http although they speak https.
  if (target.protocol === 'http:') target.protocol = 'https:';
  return target.href;
}

/** The promise, unless the signal comes first; the promise goes on for whoever else waits for it. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  // Nobody waits for it any more when the signal was first.
  promise.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}
