import { matchesGlob } from 'node:path';

/** The start of the `.gitattributes` that a new dataset has. */
export const GIT_ATTRIBUTES = ['7z', 'arrow', 'bin', 'gz', 'jpg', 'jpeg', 'parquet', 'png', 'tar', 'webp', 'zip', 'zst']
  .map((extension) => `*.${extension} filter=lfs diff=lfs merge=lfs -text\n`)
  .join('');

const LFS_FROM_BYTES = 10 * 2 ** 20;

/** Whether a file goes to large file storage: by its name, its size, or because it is not text. */
export function isForLfs(gitAttributes: string, path: string, sizeBytes: number, sample: Buffer): boolean {
  const patterns = gitAttributes
    .split('\n')
    .filter((line) => line.includes('filter=lfs'))
    .map((line) => line.split(/\s+/)[0]!);
  const isNamed = patterns.some((pattern) =>
    matchesGlob(pattern.includes('/') ? path : path.split('/').at(-1)!, pattern),
  );
  return isNamed || sizeBytes >= LFS_FROM_BYTES || sample.includes(0);
}
