import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

/** A folder for the catalogue files of the tests that call this; `file` writes one, and gives its path. */
export function useFiles() {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalogue-'));
  });
  after(() => rm(folder, { recursive: true }));
  return {
    folder: () => folder,
    async file(name: string, content: string | Uint8Array): Promise<string> {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
  };
}

/** An entry without the place where it was read. */
export const unlocated = <T extends { origin: string }>({ origin: _, ...entry }: T) => entry;
