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

/** What a failure of scraping has on top of its base: the address, which also begins its text, and the category. */
function failureOf(Base: new (message: string, options?: ErrorOptions) => Error) {
  return class extends Base {
    readonly url: string;
    readonly category: FailureCategory;
    constructor(url: string, category: FailureCategory, text: string, options?: ErrorOptions) {
      super(`${url} ${text}`, options);
      this.url = url;
      this.category = category;
    }
  };
}

const PassingFailure = failureOf(RetryableError);
const LastingFailure = failureOf(PermanentError);

/** No answer, or one that broke off: DNS, connection, TLS, timeout, damaged compression. */
export class NetworkError extends PassingFailure {
  override name = 'NetworkError';
  constructor(url: string, cause: unknown) {
    super(url, 'network_error', `could not be fetched: ${errorMessage(cause)}`, { cause });
  }
}

/** A status that may pass: 5xx, 408, 425, and any other that is neither success nor one of the classes below. */
export class HttpStatusError extends PassingFailure {
  override name = 'HttpStatusError';
  readonly status: number;
  constructor(url: string, status: number) {
    super(url, status >= 500 ? 'network_error' : 'unknown', `answered with status ${status}, expected 200`);
    this.status = status;
  }
}

/** The host asks us to come back later (429, or 503 with Retry-After). */
export class RateLimitedError extends PassingFailure {
  override name = 'RateLimitedError';
  /** Null when the host did not say how long. */
  readonly retryAfterMs: number | null;
  constructor(url: string, retryAfterMs: number | null) {
    const wait = retryAfterMs === null ? '' : `, retry after ${retryAfterMs} ms`;
    super(url, 'network_error', `limits our requests${wait}`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The address does not lead to a page (any more): 401, 403, 404, 410, or a redirect that goes nowhere. */
export class BrokenUrlError extends LastingFailure {
  override name = 'BrokenUrlError';
  /** 404 and 410 are not the same: only the second says that the page is gone for good. */
  readonly status: number | null;
  constructor(url: string, reason: string, status: number | null = null) {
    super(url, 'url_broken', `leads to no page: ${reason}`);
    this.status = status;
  }
}

/** An address we do not ask: not https, no source's host, a name in a private network, or what robots.txt excludes. */
export class RefusedUrlError extends LastingFailure {
  override name = 'RefusedUrlError';
  constructor(url: string, reason: string) {
    super(url, 'url_broken', `is not fetched: ${reason}`);
  }
}

/** An answer beyond the limits that are safe to read or parse. */
export class PageLimitError extends LastingFailure {
  override name = 'PageLimitError';
  constructor(url: string, reason: string) {
    super(url, 'unknown', `is not read: ${reason}`);
  }
}

/** A challenge or block instead of the page. Retryable: they come and go, and backoff is what helps. */
export class AntiBotError extends PassingFailure {
  override name = 'AntiBotError';
  constructor(url: string, sign: string) {
    super(url, 'anti_bot', `answered with a challenge (${sign})`);
  }
}

/** An answer of another kind than was asked for, such as a maintenance page where JSON was due. */
export class UnexpectedAnswerError extends PassingFailure {
  override name = 'UnexpectedAnswerError';
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(url, 'unknown', `gave no usable answer: ${reason}`, options);
  }
}

/** A page that arrived and is no listing and no article: an operator has to look at the source. */
export class NotNewsError extends LastingFailure {
  override name = 'NotNewsError';
  constructor(url: string, category: 'login_required' | 'empty_content' | 'html_changed', reason: string) {
    super(url, category, `holds no news: ${reason}`);
  }
}

/** A page of Volto without its text, which a script would fetch. */
export class ShellError extends NotNewsError {
  constructor(url: string) {
    super(url, 'empty_content', 'a Volto page without its text');
  }
}

/** An article page without something that every article has. */
export class ExtractionError extends LastingFailure {
  override name = 'ExtractionError';
  readonly field: 'title' | 'content';
  constructor(url: string, field: 'title' | 'content') {
    super(
      url,
      field === 'content' ? 'empty_content' : 'html_changed',
      `has no ${field} where the extractor looks for it`,
    );
    this.field = field;
  }
}

/** The source looks changed as a whole: nothing of it is written until an operator has looked. */
export class HeldError extends LastingFailure {
  override name = 'HeldError';
  readonly reason: string;
  constructor(sourceUrl: string, reason: string) {
    super(sourceUrl, 'html_changed', `is held: ${reason}; "destaques sources release ${sourceUrl}" lets it through`);
    this.reason = reason;
  }
}

/** The newest articles of a source cannot be read: its pages, or what stands between them and us, have changed. */
export class UnreadableNewsError extends LastingFailure {
  override name = 'UnreadableNewsError';
}

/** A listing that goes on beyond what one run may read. */
export class ListingBoundError extends LastingFailure {
  override name = 'ListingBoundError';
  constructor(url: string, pages: number) {
    super(url, 'unknown', `was read for ${pages} pages and goes on: ask for a shorter window`);
  }
}

/** The category of any thrown value; `unknown` for what is none of ours. */
export function failureCategory(error: unknown): FailureCategory {
  if (typeof error !== 'object' || error === null || !('category' in error)) return 'unknown';
  return error.category as FailureCategory;
}
