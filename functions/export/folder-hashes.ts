import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ignoringAbsence } from '../../shared/folder-errors.ts';
import type { TreeFile } from './target.ts';

const noted = z.record(z.string(), z.object({ size: z.number(), modifiedNs: z.string(), sha256: z.string() }));
type Noted = z.infer<typeof noted>;

/** The hashes of the files of a folder. */
export interface FolderHashes {
  /** The files that stand at these paths. */
  read(paths: readonly string[]): Promise<Map<string, TreeFile>>;
  /** Notes what was written just now. */
  keep(files: readonly { path: string; sha256: string }[]): Promise<void>;
}

/**
 * Tells files by their content and reads few: what was hashed before is noted beside them, and holds for as long as size
 * and time of change are the same.
 */
export function createFolderHashes(folder: string): FolderHashes {
  const notesPath = join(folder, '.hashes.json');

  const readNotes = async (): Promise<Noted> => {
    const text = await ignoringAbsence(readFile(notesPath, 'utf8'));
    try {
      return noted.parse(JSON.parse(text ?? '{}'));
    } catch {
      // Cut short, or not ours: the files themselves tell all that it could.
      return {};
    }
  };
  const look = async (path: string) => {
    const status = await ignoringAbsence(stat(join(folder, path), { bigint: true }));
    return status?.isFile() ? { size: Number(status.size), modifiedNs: String(status.mtimeNs) } : undefined;
  };

  return {
    read: async (paths) => {
      const notes = await readNotes();
      const files = new Map<string, TreeFile>();
      for (const path of paths) {
        const seen = await look(path);
        if (!seen) continue;
        const note = notes[path];
        const isNoted = note?.size === seen.size && note.modifiedNs === seen.modifiedNs;
        files.set(path, {
          sizeBytes: seen.size,
          sha256: isNoted ? note.sha256 : await hashFile(join(folder, path)),
        });
      }
      return files;
    },
    keep: async (files) => {
      const notes = await readNotes();
      for (const { path, sha256 } of files) {
        const seen = await look(path);
        if (seen) notes[path] = { ...seen, sha256 };
      }
      // Without them the next run reads the files, and that is all.
      await writeFile(notesPath, JSON.stringify(notes)).catch(() => {});
    },
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
