import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainingFolder } from '../../shared/folder-errors.ts';

const READ_BYTES = 256 * 1024;

/** Bytes on disk that nobody else sees. */
export interface ScratchFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Hex, and bytes, of all that was appended. */
  sha256(): string;
  readonly sizeBytes: number;
  /** The bytes from `start` on, before `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Gives the room back; again without effect. */
  close(): Promise<void>;
}

/**
 * Opens a file without a name in a folder: whatever ends this process, SIGKILL included, gives its room back at once.
 *
 * @throws what `explainingFolder` does, of a full disk for one.
 */
export async function openScratchFile(folder: string): Promise<ScratchFile> {
  const explaining = <T>(work: () => Promise<T>) => explainingFolder(folder, 'shard on its way to the Hub', work);
  const handle = await explaining(async () => {
    const path = join(folder, `export-${randomUUID()}`);
    const handle = await open(path, 'wx+');
    await rm(path);
    return handle;
  });
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let isOpen = true;
  return {
    append: (bytes) =>
      explaining(async () => {
        await handle.writeFile(bytes);
        hash.update(bytes);
        sizeBytes += bytes.byteLength;
      }),
    sha256: () => hash.copy().digest('hex'),
    get sizeBytes() {
      return sizeBytes;
    },
    read: async function* (start, end) {
      for (let position = start; position < end; ) {
        const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position));
        const { bytesRead } = await explaining(() => handle.read(chunk, 0, chunk.length, position));
        if (bytesRead === 0) throw new RangeError(`The file ends at byte ${position}, before ${end}`);
        yield chunk.subarray(0, bytesRead);
        position += bytesRead;
      }
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    },
  };
}
