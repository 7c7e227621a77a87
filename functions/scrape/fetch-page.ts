import { type Dispatcher, request } from 'undici';
import { BrokenUrlError, HttpStatusError, NetworkError, RateLimitedError, RefusedUrlError } from './errors.ts';
import type { HostGate } from './host-gate.ts';
import { refuseChallenge } from './judge-page.ts';
import type { FetchPage, Page } from './page.ts';
import { ACCEPT_ENCODING, decodeBody, readBody } from './read-body.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BROKEN = new Set([401, 403, 404, 410]);

export interface FetchPageOptions {
  /** Must refuse private addresses (`createGuardedDispatcher`), except where it leads to a sample site on purpose. */
  dispatcher: Dispatcher;
  gate: HostGate;
  /** Lower-case hosts of the configured sources and their assets; no other host is asked, redirects included. */
  allowedHosts: ReadonlySet<string>;
  /** Who we are, with a contact address. */
  userAgent: string;
  timeoutMs: number;
  maxBytes: number;
  now: () => Date;
}

/** The URL if we may ask it. */
function checkUrl(text: string, allowedHosts: ReadonlySet<string>): URL {
  const url = URL.parse(text);
  if (!url) throw new RefusedUrlError(text, 'it is no absolute URL');
  if (url.protocol !== 'https:') throw new RefusedUrlError(text, `its scheme is ${url.protocol}, expected https:`);
  if (url.port !== '') throw new RefusedUrlError(text, `its port is ${url.port}, expected 443`);
  if (url.username !== '' || url.password !== '') throw new RefusedUrlError(text, 'it carries credentials');
  if (!allowedHosts.has(url.hostname)) throw new RefusedUrlError(text, `${url.hostname} is the host of no source`);
  url.hash = '';
  return url;
}

/** Retry-After is a number of seconds or an HTTP date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string, now: Date): number | null {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}

function header(headers: Record<string, string | string[] | undefined>, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
}

/** An address in a header: bytes that come as Latin-1 and are UTF-8 where a server does not escape its accents. */
function locationOf(headers: Record<string, string | string[] | undefined>): string {
  const text = header(headers, 'location');
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? text : decoded;
}

function refuseStatus(url: string, status: number, retryAfter: string, now: Date): void {
  if (status === 429 || (status === 503 && retryAfter !== '')) {
    throw new RateLimitedError(url, retryAfterMs(retryAfter, now));
  }
  if (BROKEN.has(status)) throw new BrokenUrlError(url, `status ${status}`, status);
  if (status !== 200) throw new HttpStatusError(url, status);
}

/** A fetcher of pages within the rules: https, known hosts, bounded bodies, few at a time, one identity. */
export function createFetchPage(options: FetchPageOptions): FetchPage {
  const { allowedHosts, dispatcher, gate, maxBytes, now, timeoutMs, userAgent } = options;

  /** One exchange: the page, or the address that it redirects to. */
  async function exchange(url: URL, requestedUrl: string, accept: string): Promise<Page | URL> {
    const response = await request(url.href, {
      dispatcher,
      headers: { 'user-agent': userAgent, accept, 'accept-encoding': ACCEPT_ENCODING, 'accept-language': 'pt-BR' },
      // Over the whole exchange: a host that sends a byte a minute must not hold a slot for hours.
      signal: AbortSignal.timeout(timeoutMs),
    });
    const status = response.statusCode;
    const location = locationOf(response.headers);
    if (REDIRECTS.has(status)) {
      await response.body.dump();
      const target = URL.parse(location, url.href);
      if (location === '' || !target) throw new BrokenUrlError(url.href, `a redirect to "${location}"`, status);
      // Old portals redirect to http although they speak https.
      if (target.protocol === 'http:') target.protocol = 'https:';
      return checkUrl(target.href, allowedHosts);
    }
    const contentType = header(response.headers, 'content-type');
    const contentEncoding = header(response.headers, 'content-encoding');
    const bytes = await readBody(response.body, { url: url.href, contentEncoding, maxBytes });
    const body = decodeBody(bytes, contentType);
    const page: Page = { requestedUrl, url: url.href, contentType, body, fetchedAt: now() };
    // Challenges come with 403 and 503 too, and then say more than the status.
    if (status !== 200) refuseChallenge(page);
    refuseStatus(url.href, status, header(response.headers, 'retry-after'), now());
    return page;
  }

  return async (requestedUrl, accept) => {
    let url = checkUrl(requestedUrl, allowedHosts);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const target = url;
      const result = await gate
        .run(target.hostname, () => exchange(target, requestedUrl, accept))
        .catch((error: unknown) => {
          throw translate(error, target.href);
        });
      if (!(result instanceof URL)) return result;
      url = result;
    }
    throw new BrokenUrlError(requestedUrl, `more than ${MAX_REDIRECTS} redirects`);
  };
}

/** Our own errors as they are; what undici, zlib and the timer throw means that the page did not arrive. */
function translate(error: unknown, url: string): Error {
  if (error instanceof Error && 'category' in error) return error;
  return new NetworkError(url, error);
}
