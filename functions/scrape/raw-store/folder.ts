import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { explainingFolder, ignoringAbsence } from '../../../shared/folder-errors.ts';
import { DamagedRawPageError, MissingRawPageError } from './errors.ts';
import { decodeRawPage, encodeRawPage, maxObjectBytes } from './format.ts';
import { checkRawPath } from './path.ts';
import type { RawStore } from './raw-store.ts';

const ABANDONED_AFTER_MS = 24 * 3_600_000;

/**
 * A raw store in a folder; the metadata of `<sha256>.zst` is in `<sha256>.json` beside it. Every file is whole at every
 * instant, and on the disk when `save` returns: it is written aside, synced, and renamed. The page is renamed last, so
 * that one that is there has its metadata.
 */
export function createFolderRawStore(folder: string): RawStore {
  const root = resolve(folder);
  const explaining = <T>(work: () => Promise<T>) => explainingFolder(root, 'raw pages', work);
  const stagingPath = join(root, '.staging');
  let swept: Promise<void> | undefined;

  async function write(target: string, content: Uint8Array | string): Promise<void> {
    const staged = join(stagingPath, randomUUID());
    try {
      const handle = await open(staged, 'wx');
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(staged, target);
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    }
  }

  /** Makes a folder so that it is still there after a loss of power: each new name is synced in the folder above. */
  async function makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let parent = dirname(path); ; parent = dirname(parent)) {
      await syncFolder(parent);
      if (parent === dirname(first)) return;
    }
  }

  return {
    save: (page, context) =>
      explaining(async () => {
        const encoded = encodeRawPage(page, context);
        const target = join(root, encoded.path);
        if (await exists(target)) return encoded.path;
        await makeFolder(stagingPath);
        swept ??= removeAbandoned(stagingPath);
        await swept;
        await makeFolder(dirname(target));
        await write(metadataPath(target), `${JSON.stringify(encoded.metadata)}\n`);
        await write(target, await encoded.compress());
        await syncFolder(dirname(target));
        return encoded.path;
      }),
    read: (path) =>
      explaining(async () => {
        checkRawPath(path);
        const target = join(root, path);
        const status = await ignoringAbsence(stat(target));
        if (!status) throw new MissingRawPageError(path);
        if (status.size > maxObjectBytes) throw new DamagedRawPageError(path, `it has ${status.size} bytes`);
        const metadata = await ignoringAbsence(readFile(metadataPath(target), 'utf8'));
        if (metadata === undefined) throw new DamagedRawPageError(path, 'its metadata is missing');
        return decodeRawPage(path, await readFile(target), parseOrNull(metadata));
      }),
  };
}

const metadataPath = (target: string) => target.replace(/\.zst$/, '.json');

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Refused with the other metadata that is not usable.
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A process that was killed leaves its files in the staging folder. Young ones may belong to one that still runs. What
 * cannot be removed stays: it takes room and harms nothing, and no page may be lost for it.
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

async function exists(path: string): Promise<boolean> {
  return (await ignoringAbsence(access(path).then(() => true))) ?? false;
}
