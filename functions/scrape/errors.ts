import { errorMessage, PermanentError, RetryableError } from '../../shared/errors.ts';

/** The outcome of a run that did not work, as operators see it. */
export type FailureCategory =
  | 'network_error'
  | 'anti_bot'
  | 'login_required'
  | 'empty_content'
  | 'url_broken'
  | 'html_changed'
  | 'unknown';

/** No answer, or one that broke off: DNS, connection, TLS, timeout, damaged compression. */
export class NetworkError extends RetryableError {
  override name = 'NetworkError';
  readonly category = 'network_error';
  readonly url: string;
  constructor(url: string, cause: unknown) {
    super(`${url} could not be fetched: ${errorMessage(cause)}`, { cause });
    this.url = url;
  }
}

/** A status that may pass: 5xx, 408, 425, and any other that is neither success nor one of the classes below. */
export class HttpStatusError extends RetryableError {
  override name = 'HttpStatusError';
  readonly category: FailureCategory;
  readonly url: string;
  readonly status: number;
  constructor(url: string, status: number) {
    super(`${url} answered with status ${status}, expected 200`);
    this.url = url;
    this.status = status;
    this.category = status >= 500 ? 'network_error' : 'unknown';
  }
}

/** The host asks us to come back later (429, or 503 with Retry-After). */
export class RateLimitedError extends RetryableError {
  override name = 'RateLimitedError';
  readonly category = 'network_error';
  readonly url: string;
  /** Null when the host did not say how long. */
  readonly retryAfterMs: number | null;
  constructor(url: string, retryAfterMs: number | null) {
    super(`${url} limits our requests${retryAfterMs === null ? '' : `, retry after ${retryAfterMs} ms`}`);
    this.url = url;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The address does not lead to a page (any more): 401, 403, 404, 410, or a redirect that goes nowhere. */
export class BrokenUrlError extends PermanentError {
  override name = 'BrokenUrlError';
  readonly category = 'url_broken';
  readonly url: string;
  readonly status: number | null;
  constructor(url: string, reason: string, status: number | null = null) {
    super(`${url} leads to no page: ${reason}`);
    this.url = url;
    this.status = status;
  }
}

/** An address we do not ask: not https, a host that is no source's, or a name that resolves into a private network. */
export class RefusedUrlError extends PermanentError {
  override name = 'RefusedUrlError';
  readonly category = 'url_broken';
  readonly url: string;
  constructor(url: string, reason: string) {
    super(`${url} is not fetched: ${reason}`);
    this.url = url;
  }
}

/** An answer beyond the limits that are safe to read or parse. */
export class PageLimitError extends PermanentError {
  override name = 'PageLimitError';
  readonly category = 'unknown';
  readonly url: string;
  constructor(url: string, reason: string) {
    super(`${url} is not read: ${reason}`);
    this.url = url;
  }
}

/** A challenge or block instead of the page. Retryable: they come and go, and backoff is what helps. */
export class AntiBotError extends RetryableError {
  override name = 'AntiBotError';
  readonly category = 'anti_bot';
  readonly url: string;
  constructor(url: string, sign: string) {
    super(`${url} answered with a challenge (${sign})`);
    this.url = url;
  }
}

/** An answer of another kind than was asked for, such as a maintenance page where JSON was due. */
export class UnexpectedAnswerError extends RetryableError {
  override name = 'UnexpectedAnswerError';
  readonly category = 'unknown';
  readonly url: string;
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`${url} gave no usable answer: ${reason}`, options);
    this.url = url;
  }
}

/** A page that arrived and is no listing and no article: an operator has to look at the source. */
export class NotNewsError extends PermanentError {
  override name = 'NotNewsError';
  readonly category: 'login_required' | 'empty_content' | 'html_changed';
  readonly url: string;
  constructor(url: string, category: NotNewsError['category'], reason: string) {
    super(`${url} holds no news: ${reason}`);
    this.url = url;
    this.category = category;
  }
}

/** An article page without something that every article has. */
export class ExtractionError extends PermanentError {
  override name = 'ExtractionError';
  readonly category: 'html_changed' | 'empty_content';
  readonly url: string;
  readonly field: string;
  constructor(url: string, field: 'title' | 'content') {
    super(`${url} has no ${field} where the extractor looks for it`);
    this.url = url;
    this.field = field;
    this.category = field === 'content' ? 'empty_content' : 'html_changed';
  }
}

/** The category of any thrown value; `unknown` for what is none of ours. */
export function failureCategory(error: unknown): FailureCategory {
  if (typeof error !== 'object' || error === null || !('category' in error)) return 'unknown';
  return error.category as FailureCategory;
}
