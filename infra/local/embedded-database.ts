import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../shared/database.ts';
import { ConfigError, errorMessage } from '../../shared/errors.ts';
import { lockFolder } from './folder-lock.ts';
import { checkFreeSpace } from './free-space.ts';
import { makeFolder } from './make-folder.ts';
import { openPglite } from './pglite.ts';
import { createProgress } from './progress.ts';

const startBytes = 200 * 1024 * 1024;

const waysOut =
  'restore it from a copy, start anew with "destaques demo --fresh", or choose another folder with --data';

/**
 * Opens the embedded database under a data folder, which is then this process's alone, and creates it where there is
 * none.
 *
 * @throws {ConfigError} when the folder is not usable, or what is in it is no database; one line that says what to do.
 */
export async function openEmbeddedDatabase(folder: string): Promise<Database & { dataDir: string }> {
  const unlock = await lockFolder(folder);
  try {
    const dataDir = join(folder, 'postgres');
    checkFreeSpace(folder, startBytes);
    if (!(await hasDatabase(dataDir))) await createDatabase(dataDir);
    const db = await open(dataDir);
    return {
      ...db,
      dataDir,
      close: async () => {
        try {
          await db.close();
        } finally {
          unlock();
        }
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @throws {ConfigError} when the folder holds something else: PGlite would make an empty database over it. */
async function hasDatabase(dataDir: string): Promise<boolean> {
  if (!existsSync(dataDir)) return false;
  await makeFolder(dataDir);
  const names = await readdir(dataDir);
  if (names.length === 0 || names.includes('PG_VERSION')) return names.length > 0;
  throw new ConfigError(`${dataDir} holds files but no database (PG_VERSION is missing): ${waysOut}`);
}

/** Creates it under another name first: half a database, of a start that was interrupted, is never taken for one. */
async function createDatabase(dataDir: string): Promise<void> {
  createProgress().done(`Creating the embedded database in ${dataDir} (a few seconds) …`);
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await makeFolder(unfinished);
  const db = await open(unfinished);
  await db.close();
  await rename(unfinished, dataDir);
}

async function open(dataDir: string): Promise<Database> {
  try {
    return await openPglite(dataDir);
  } catch (cause) {
    const [reason] = errorMessage(cause).split('\n');
    throw new ConfigError(
      `The embedded database in ${dataDir} cannot be opened (${reason!.slice(0, 200)}): ${waysOut}`,
      { cause },
    );
  }
}
