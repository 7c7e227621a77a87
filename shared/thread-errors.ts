import { ConfigError, PermanentError, RetryableError } from './errors.ts';

/** What happens to a message is said by these; errors of other names are theirs, or nobody's. */
const kinds = { ConfigError, PermanentError, RetryableError };

/** An error on its way between threads: classes do not travel. */
export interface PackedError {
  kind?: keyof typeof kinds;
  name: string;
  message: string;
  /** Of the system, or of a library. */
  code?: string;
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find((each) => error instanceof kinds[each]);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name, message, ...(kind ? { kind } : {}), ...(code === undefined ? {} : { code }) };
}

/** The error again, of the class that says what happens to the message. */
export function unpackError({ kind, name, message, code }: PackedError): Error {
  const error = kind ? new kinds[kind](message) : new Error(message);
  return Object.assign(error, { name }, code === undefined ? {} : { code });
}
