import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The folder is in use by another process. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
}

const SQLITE_BUSY = 5;

/** Held by this process: a lock that is collected as garbage is given back. */
const locks = new Set<DatabaseSync>();

/**
 * Takes a folder for this process, and creates it where it is absent. The embedded Postgres has no lock of its own, and
 * two processes on one folder corrupt it. The lock is one of the operating system (SQLite's), so that it ends with the
 * process, however that ends.
 *
 * @returns gives the folder back.
 * @throws {FolderLockedError} when another process has it.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  await mkdir(folder, { recursive: true });
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new FolderLockedError(
      `${folder} is in use by another process: stop it first, or give this one a folder of its own with --data`,
      { cause },
    );
  }
  locks.add(lock);
  return () => {
    locks.delete(lock);
    lock.close();
  };
}
