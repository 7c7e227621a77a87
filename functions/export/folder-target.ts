import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainingFolder, ignoringAbsence } from '../../shared/folder-errors.ts';
import { createFolderHashes } from './folder-hashes.ts';
import { isShardPath } from './period.ts';
import {
  cardPath,
  type DatasetCommit,
  type DatasetTarget,
  HeadMovedError,
  isStalePath,
  type StagedFile,
} from './target.ts';

const ABANDONED_AFTER_MS = 24 * 3_600_000;

/**
 * A folder that stands for the Hub. Every file in it is whole at every instant: it is written aside and renamed. A
 * commit of several files that is cut short leaves some new and some old; the next export puts that right.
 */
export function createFolderTarget(folder: string): DatasetTarget {
  const explaining = <T>(work: () => Promise<T>) => explainingFolder(folder, 'dataset', work);
  const headPath = join(folder, '.head');
  const stagingPath = join(folder, '.staging');
  const stagedPaths = new WeakMap<StagedFile, string>();
  const hashes = createFolderHashes(folder);

  const readHead = async () => (await ignoringAbsence(readFile(headPath, 'utf8')))?.trim() || null;

  const readTree = async () => {
    const names = (await ignoringAbsence(readdir(join(folder, 'data')))) ?? [];
    const files = await hashes.read(names.map((name) => `data/${name}`).filter(isShardPath));
    const stale = ((await ignoringAbsence(readdir(folder))) ?? []).filter(isStalePath);
    const readCard = async () => (await ignoringAbsence(readFile(join(folder, cardPath), 'utf8'))) ?? null;
    return { head: await readHead(), files, stale, readCard: () => explaining(readCard) };
  };

  const stage = async (): Promise<StagedFile> => {
    await mkdir(stagingPath, { recursive: true });
    const path = join(stagingPath, randomUUID());
    const handle = await open(path, 'wx');
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const file: StagedFile = {
      write: (bytes) =>
        explaining(async () => {
          await handle.writeFile(bytes);
          hash.update(bytes);
          sizeBytes += bytes.byteLength;
        }),
      finish: () =>
        explaining(async () => {
          await handle.close();
          return { sha256: hash.digest('hex'), sizeBytes };
        }),
      discard: async () => {
        await handle.close();
        await rm(path, { force: true });
      },
    };
    stagedPaths.set(file, path);
    return file;
  };

  const writeAside = async (path: string, text: string) => {
    const asidePath = join(stagingPath, randomUUID());
    await writeFile(asidePath, text);
    await rename(asidePath, path);
  };

  const commit = async ({ parent, adds, card, deletes }: DatasetCommit) => {
    const head = await readHead();
    if (head !== parent) {
      throw new HeadMovedError(`The dataset in ${folder} moved from commit ${parent} to ${head} during the export`);
    }
    await mkdir(join(folder, 'data'), { recursive: true });
    for (const { path, file } of adds) await rename(stagedPaths.get(file)!, join(folder, path));
    for (const path of deletes) await rm(join(folder, path), { force: true });
    await mkdir(stagingPath, { recursive: true });
    if (card !== undefined) await writeAside(join(folder, cardPath), card);
    const changes = { parent, adds: adds.map(({ path, sha256 }) => [path, sha256]), card, deletes };
    const id = createHash('sha256').update(JSON.stringify(changes)).digest('hex').slice(0, 40);
    await writeAside(headPath, `${id}\n`);
    await hashes.keep(adds);
    await removeAbandoned(stagingPath);
    return id;
  };

  return {
    readTree: () => explaining(readTree),
    stage: () => explaining(stage),
    commit: (changes) => explaining(() => commit(changes)),
  };
}

/**
 * A process that was killed leaves its files in the staging folder. Young ones may belong to one that still runs. What
 * cannot be removed stays: it takes room and harms nothing, and the commit is made already.
 */
async function removeAbandoned(stagingPath: string): Promise<void> {
  const names = await readdir(stagingPath).catch(() => []);
  for (const path of names.map((name) => join(stagingPath, name))) {
    await removeOld(path).catch(() => {});
  }
}

async function removeOld(path: string): Promise<void> {
  const { mtimeMs } = await stat(path);
  if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
}
