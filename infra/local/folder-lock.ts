import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError, errorMessage } from '../../shared/errors.ts';
import { makeFolder } from './make-folder.ts';

/** The folder is in use by another process. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
}

const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;

/** Held by this process: a lock that is collected as garbage is given back. */
const locks = new Set<DatabaseSync>();

/**
 * Takes a folder for this process, and creates it where it is absent. The embedded Postgres has no lock of its own, and
 * two processes on one folder corrupt it. The lock is one of the operating system (SQLite's), so that it ends with the
 * process, however that ends.
 *
 * @returns gives the folder back.
 * @throws {FolderLockedError} when another process has it.
 * @throws {ConfigError} when it cannot be had or locked.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  await makeFolder(folder);
  const path = join(folder, 'lock');
  let lock: DatabaseSync;
  try {
    lock = takeLock(path);
  } catch (cause) {
    if (sqliteCodeOf(cause) === SQLITE_BUSY) {
      throw new FolderLockedError(
        `${folder} is in use by another process: stop it first, or give this one a folder of its own with --data`,
        { cause },
      );
    }
    throw new ConfigError(
      `${path} cannot be opened and locked by this user (${errorMessage(cause)}): change its rights, ` +
        'delete it while no command runs on that folder, or choose another folder with --data',
      { cause },
    );
  }
  locks.add(lock);
  return () => {
    locks.delete(lock);
    lock.close();
  };
}

function takeLock(path: string): DatabaseSync {
  try {
    return openExclusively(path);
  } catch (error) {
    if (sqliteCodeOf(error) !== SQLITE_NOTADB) throw error;
    // SQLite reads a file only where nobody holds it. What is in it never matters, and emptying it in place keeps the
    // file that others may be locking right now; a new file under the old name would let two processes in.
    truncateSync(path);
    return openExclusively(path);
  }
}

function openExclusively(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function sqliteCodeOf(error: unknown): number | undefined {
  return (error as { errcode?: number }).errcode;
}
