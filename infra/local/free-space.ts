import { statfsSync } from 'node:fs';

/** Measures what an ordinary user may still write to the volume of a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @throws {Error} when the volume of the folder has less than `neededBytes`; one line that says what to do. */
export function checkFreeSpace(folder: string, neededBytes: number, measure = freeBytes): void {
  const free = measure(folder);
  if (free >= neededBytes) return;
  const megabytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
  throw new Error(
    `${folder} has ${megabytes(free)} MB free, and the embedded database needs ${megabytes(neededBytes)}: ` +
      'make room and start again, or choose another folder with --data',
  );
}
