/**
 * The class of an error says what happens to the message that caused it (see the third rule of delivery in README).
 * Anything that is none of these three counts as retryable: nothing is given up because we failed to foresee it.
 */

/** The work may succeed later: HTTP 500, redelivered with backoff, dead-lettered by the subscription in the end. */
export class RetryableError extends Error {
  override name = 'RetryableError';
}

/** The work can never succeed as it was asked: recorded in quarantine, then acknowledged. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

/** The environment is wrong: the instance does not start. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The message does not follow its contract (envelope, encoding, version, payload). */
export class InvalidMessageError extends PermanentError {
  override name = 'InvalidMessageError';
}

/** What an unknown thrown value says, for people. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The one text of an unknown thrown value, for logs and for the quarantine. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
