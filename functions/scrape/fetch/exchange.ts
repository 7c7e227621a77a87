import { type Dispatcher, request } from 'undici';
import { NetworkError } from '../errors.ts';
import { ACCEPT_ENCODING, readBody } from './read-body.ts';

/** Enough of an error page to tell a challenge. */
const MAX_ERROR_BYTES = 100_000;

export interface ExchangeOptions {
  dispatcher: Dispatcher;
  headers: Record<string, string>;
  /** Over the whole exchange: a host that sends a byte a minute must not hold a slot for hours. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  maxBytes: number;
  /** Whether a longer body is cut off there instead of refused. */
  isCut: boolean;
}

/** What a host answered: any status, the body without its content encoding. */
export interface Answer {
  status: number;
  /** Lower-case names; a header that came several times is joined by ", ". */
  headers: Record<string, string>;
  bytes: Buffer;
}

/**
 * One request and its answer; no redirect is followed.
 *
 * @throws {NetworkError} when no answer arrives in full, `PageLimitError` when it is too large.
 * @throws the reason of `signal` once it is aborted.
 */
export async function exchange(url: string, options: ExchangeOptions): Promise<Answer> {
  const { dispatcher, timeoutMs, signal, maxBytes, isCut } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(url, {
      dispatcher,
      headers: { ...options.headers, 'accept-encoding': ACCEPT_ENCODING, 'accept-language': 'pt-BR' },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const status = response.statusCode;
    const headers = plainHeaders(response.headers);
    const body = { url, contentEncoding: headers['content-encoding'] ?? '', maxBytes, isCut };
    if (status === 200) return { status, headers, bytes: await readBody(response.body, body) };
    // The status says enough when its body breaks off or cannot be decoded.
    const bytes = await readBody(response.body, { ...body, maxBytes: MAX_ERROR_BYTES, isCut: true }).catch(() =>
      Buffer.alloc(0),
    );
    return { status, headers, bytes };
  } catch (error) {
    signal?.throwIfAborted();
    // What undici, zlib and the timer throw means that the page did not arrive.
    throw error instanceof Error && 'category' in error ? error : new NetworkError(url, error);
  }
}

function plainHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
