import { ConfigError, PermanentError, RetryableError } from './errors.ts';

/** The Hub asks to come back later than this run can wait: 128 commits an hour is one of its limits. */
export class RateLimitedError extends RetryableError {
  override name = 'RateLimitedError';
  readonly retryAfterMs: number;
  constructor(subject: string, retryAfterMs: number) {
    super(
      `The Hub limits how often it is asked: ${subject} may be tried again in ${Math.ceil(retryAfterMs / 1_000)} s`,
    );
    this.retryAfterMs = retryAfterMs;
  }
}

/** What was asked of the Hub, for people. */
export interface HubSubject {
  /** Such as `nobody/dataset, branch main`. */
  dataset: string;
  /** Such as `the upload of data/train-2026-03.parquet`. */
  work: string;
}

/** What the Hub said: the parts of an answer that tell one refusal from another. */
export interface HubRefusal {
  status: number;
  /** Its `X-Error-Code`, such as `RepoNotFound`. */
  code?: string;
  text: string;
}

/**
 * The error that a refusal of the Hub is to us, with what to do about it.
 *
 * @see https://huggingface.co/docs/hub/api
 */
export function hubError({ dataset, work }: HubSubject, { status, code, text }: HubRefusal): Error {
  const answer = `The Hub refuses ${work} (${dataset}) with ${status}${text ? `: ${text.slice(0, 500)}` : ''}`;
  if (code === 'RepoNotFound' || (status === 404 && !code)) {
    return new ConfigError(
      `${answer}. There is no such dataset, or HF_TOKEN may not see it: create it on the Hub, or correct EXPORT_REPO`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new ConfigError(`${answer}. There is no such branch: create it on the Hub, or correct EXPORT_BRANCH`);
  }
  if (status === 401) {
    return new ConfigError(`${answer}. HF_TOKEN is wrong or expired: make another one with write access`);
  }
  if (status === 403) {
    return new ConfigError(`${answer}. HF_TOKEN may not write there: give it write access to this dataset`);
  }
  if (status === 413) {
    return new PermanentError(`${answer}. A file is larger than the Hub takes: lower EXPORT_MAX_SHARD_MB`);
  }
  return isPassing(status) ? new RetryableError(answer) : new PermanentError(answer);
}

/** Whether the same request may succeed later: the server is at fault, or busy. */
function isPassing(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || status >= 500;
}
