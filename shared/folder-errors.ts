import { ConfigError, errorMessage, PermanentError, RetryableError } from './errors.ts';

/** The code that the system or a client library gave a thrown value, such as `'ENOENT'` or 404; else undefined. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Undefined in place of a file or folder that is not there. */
export async function ignoringAbsence<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Does work in a folder, and says what is wrong with the folder, and what to do, in place of the system's codes. Errors
 * whose class says already what happens to the message pass as they are.
 *
 * @param content what the folder is for, such as `dataset`.
 * @throws {ConfigError} when the folder cannot be one, or this process may not read and write there.
 * @throws {RetryableError} when its disk is full, or anything else fails.
 */
export async function explainingFolder<T>(folder: string, content: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PermanentError || cause instanceof RetryableError || cause instanceof ConfigError) throw cause;
    throw explain(`${folder} cannot hold the ${content}`, cause);
  }
}

function explain(trouble: string, cause: unknown): Error {
  switch (codeOf(cause)) {
    case 'ENOTDIR':
    case 'EEXIST':
      return new ConfigError(`${trouble}: a part of that path is a file; choose another folder`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new ConfigError(
        `${trouble}: this process may not read and write there; change its rights, or choose another folder`,
        { cause },
      );
    case 'EROFS':
      return new ConfigError(`${trouble}: its disk is read-only; mount it for writing, or choose another folder`, {
        cause,
      });
    case 'ENOSPC':
      return new RetryableError(`${trouble}: its disk is full; make room on it, or choose another folder`, { cause });
    case 'EDQUOT':
      return new RetryableError(
        `${trouble}: the quota of this user is used up; remove files, raise it, or choose another folder`,
        { cause },
      );
    default:
      return new RetryableError(`${trouble}: ${errorMessage(cause)}`, { cause });
  }
}
