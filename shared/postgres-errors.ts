import { errorMessage, RetryableError } from './errors.ts';

/**
 * SQLSTATE classes and codes after which the same statement may succeed: connection lost, rolled back for another
 * transaction, out of resources, stopped by an operator or by the statement's timeout, a lock that was not to be had.
 *
 * @see https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
const PASSING_STATE = /^(?:08|40|53|57|58)...$|^55P03$|^25P0[34]$/;
const PASSING_CODE = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** The driver has no code for these: a connection that broke, a pool that is full, an answer that did not come. */
const PASSING_TEXT =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

/**
 * What a failed statement means for the message that caused it: a dead database, a full pool and a slow query pass, so
 * they are retryable; anything else is thrown as it came.
 */
export function toDeliveryError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RetryableError) return error;
  const { code } = error as Error & { code?: unknown };
  const isPassing =
    error instanceof AggregateError ||
    (typeof code === 'string' && (PASSING_STATE.test(code) || PASSING_CODE.test(code))) ||
    PASSING_TEXT.test(error.message);
  if (!isPassing) return error;
  const reason = error instanceof AggregateError ? error.errors.map(errorMessage).join(', ') : error.message;
  return new RetryableError(`The database did not answer: ${reason}${code ? ` (${String(code)})` : ''}`, {
    cause: error,
  });
}
