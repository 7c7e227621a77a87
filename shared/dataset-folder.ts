import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { byPath, chooseParquet, type DatasetFile, type DatasetSource, describeLeftOut } from './dataset-source.ts';
import { PermanentError } from './errors.ts';
import { codeOf } from './folder-errors.ts';

/**
 * The Parquet files of a folder and of those in it.
 *
 * @throws {PermanentError} when there is no such folder, or no Parquet file in it.
 */
export async function openDatasetFolder(folder: string): Promise<DatasetSource> {
  const root = resolve(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    const isAbsent = codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR';
    throw isAbsent ? new PermanentError(`${folder} is not a folder`, { cause }) : cause;
  });
  const names = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const { chosen, leftOut } = chooseParquet(names);
  if (chosen.length === 0) throw new PermanentError(`${folder} holds no Parquet file${describeLeftOut(leftOut)}`);
  const files = await Promise.all(chosen.map((path) => describe(root, path)));
  return { name: `folder ${root}`, revision: null, files: files.sort(byPath), leftOut };
}

async function describe(root: string, path: string): Promise<DatasetFile> {
  const name = join(root, path);
  return { path, sizeBytes: (await stat(name)).size, open: () => openFile(name) };
}

async function openFile(name: string) {
  const handle = await open(name);
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
