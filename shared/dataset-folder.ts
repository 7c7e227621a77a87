import type { BigIntStats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import {
  byPath,
  chooseParquet,
  DatasetAbsentError,
  type DatasetFile,
  type DatasetSource,
  describeLeftOut,
  FileReplacedError,
} from './dataset-source.ts';
import { PermanentError } from './errors.ts';
import { codeOf } from './folder-errors.ts';

/**
 * The Parquet files of a folder and of those in it.
 *
 * @throws {DatasetAbsentError} when there is no such folder, or no Parquet file in it.
 * @throws {FileReplacedError} when a file goes while the folder is looked through; so do reads of a file that was replaced.
 */
export async function openDatasetFolder(folder: string): Promise<DatasetSource> {
  const root = resolve(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    const isAbsent = codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR';
    throw isAbsent ? new DatasetAbsentError(`${folder} is not a folder`, { cause }) : cause;
  });
  const names = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const { chosen, leftOut } = chooseParquet(names);
  if (chosen.length === 0) throw new DatasetAbsentError(`${folder} holds no Parquet file${describeLeftOut(leftOut)}`);
  const files = await Promise.all(chosen.map((path) => describe(root, path)));
  return { name: `folder ${root}`, revision: null, files: files.sort(byPath), leftOut };
}

async function describe(root: string, path: string): Promise<DatasetFile> {
  const name = join(root, path);
  const seen = await standing(name, stat(name, { bigint: true }));
  const oid = identityOf(seen);
  return { path, sizeBytes: Number(seen.size), oid, open: () => openFile(name, oid) };
}

function identityOf({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ino}`;
}

async function standing<T>(name: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause: unknown) => {
    throw codeOf(cause) === 'ENOENT'
      ? new FileReplacedError(`${name} went while the folder was read`, { cause })
      : cause;
  });
}

async function openFile(name: string, oid: string) {
  const handle = await standing(name, open(name));
  if (identityOf(await handle.stat({ bigint: true })) !== oid) {
    await handle.close();
    throw new FileReplacedError(`${name} was replaced while the folder was read`);
  }
  return {
    async slice(start: number, end: number) {
      const bytes = new ArrayBuffer(end - start);
      for (let done = 0; done < end - start; ) {
        const { bytesRead } = await handle.read(new Uint8Array(bytes), done, end - start - done, start + done);
        if (bytesRead === 0) throw new PermanentError(`${name} ends at byte ${start + done}, before ${end}`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
