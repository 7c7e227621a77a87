import { PermanentError, RetryableError } from './errors.ts';

/** Bytes of one file, wherever it is. */
export interface RandomAccess {
  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** A file of a dataset. */
export interface DatasetFile {
  /** Relative to the dataset, with `/`. */
  path: string;
  sizeBytes: number;
  /**
   * Names the content: files of the same path and oid are equal. That of a large file on the Hub is its SHA-256; that of
   * a file in a folder holds for as long as it stands there.
   */
  oid?: string;
  open(): Promise<RandomAccess>;
}

/** A dataset as it is read: its Parquet files, in the order of their paths. */
export interface DatasetSource {
  /** Says which it is wherever it stands: `dataset org/name` or `folder /path`. */
  name: string;
  /** The commit that is read; null for a folder. */
  revision: string | null;
  files: readonly DatasetFile[];
  /** Paths of what looks like Parquet and is not read: in hidden folders, with an ending in capitals. */
  leftOut: readonly string[];
}

/** There is no such dataset, or it holds no Parquet file. */
export class DatasetAbsentError extends PermanentError {
  override name = 'DatasetAbsentError';
}

/** A file is no longer what it was when the dataset was opened: opened anew, it can be read. */
export class FileReplacedError extends RetryableError {
  override name = 'FileReplacedError';
}

/** Which of the paths are a dataset's Parquet files: caches and drafts of tools lie in folders that begin with a dot. */
export function chooseParquet(paths: readonly string[]): { chosen: string[]; leftOut: string[] } {
  const parquet = paths.filter((path) => /\.parquet$/i.test(path));
  const isChosen = (path: string) => path.endsWith('.parquet') && !path.split('/').some((part) => part.startsWith('.'));
  return { chosen: parquet.filter(isChosen), leftOut: parquet.filter((path) => !isChosen(path)).sort() };
}

/** Whether a file is one of those that the card of the dataset names, and loaders read. */
export function isShardPath(path: string): boolean {
  return /^data\/train-[^/]*\.parquet$/.test(path);
}

/** For a text: what a dataset without a file to read holds in its place. */
export function describeLeftOut(leftOut: readonly string[]): string {
  return leftOut.length > 0 ? ` to read; left out: ${leftOut.slice(0, 5).join(', ')}` : '';
}

/** By path, in byte order: the same everywhere. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
