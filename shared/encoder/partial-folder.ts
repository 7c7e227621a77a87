import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Nobody writes any more into a folder in which nothing was written for this long: its process was killed. */
const abandonedMs = 10 * 60_000;

/** A folder that is being filled, beside the one that it will be. */
export interface PartialFolder {
  path: string;
  /** Leaves what is there to the next try, if it is worth it and none was left before. */
  leave(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A folder of this process alone in which to prepare `folder`: what an earlier try left, or an empty one. Folders change
 * hands by a rename, which only one process can win.
 */
export async function claimPartialFolder(folder: string): Promise<PartialFolder> {
  const parent = dirname(folder);
  const prefix = `.partial-${basename(folder)}--`;
  const left = join(parent, `${prefix}left`);
  const path = join(parent, `${prefix}${randomBytes(6).toString('hex')}`);
  await mkdir(parent, { recursive: true });
  const isClaimed = await claimOne([left, ...(await abandonedFolders(parent, prefix))], path);
  if (!isClaimed) await mkdir(path);
  const remove = () => rm(path, { recursive: true, force: true });
  return {
    path,
    async leave() {
      if ((await readdir(path)).length === 0) return remove();
      // Refused where another process has left its own.
      await rename(path, left).catch(remove);
    },
    remove,
  };
}

async function claimOne(candidates: readonly string[], path: string): Promise<boolean> {
  for (const candidate of candidates) {
    const isMine = await rename(candidate, path).then(
      () => true,
      () => false,
    );
    if (isMine) return true;
  }
  return false;
}

async function abandonedFolders(parent: string, prefix: string): Promise<string[]> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  const folders = names.map((name) => join(parent, name));
  const writtenAt = await Promise.all(folders.map(lastWrite));
  return folders.filter((_, index) => Date.now() - writtenAt[index]! > abandonedMs);
}

/** Milliseconds since 1970; that of a folder which vanishes meanwhile is now. */
async function lastWrite(folder: string): Promise<number> {
  try {
    const paths = await readdir(folder, { recursive: true });
    const stats = await Promise.all([folder, ...paths.map((path) => join(folder, path))].map((path) => stat(path)));
    return Math.max(...stats.map(({ mtimeMs }) => mtimeMs));
  } catch {
    return Date.now();
  }
}
