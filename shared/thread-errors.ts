import { ConfigError, PermanentError, RetryableError } from './errors.ts';

/** An error on its way between threads: classes do not travel. */
export interface PackedError {
  name: string;
  message: string;
  /** Of the system, or of a library. */
  code?: string;
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  return 'code' in error && typeof error.code === 'string' ? { name, message, code: error.code } : { name, message };
}

/** The error again, of the class that says what happens to the message. */
export function unpackError({ name, message, code }: PackedError): Error {
  const known = [ConfigError, PermanentError, RetryableError].find((kind) => kind.name === name);
  const error = known ? new known(message) : Object.assign(new Error(message), { name });
  return code === undefined ? error : Object.assign(error, { code });
}
