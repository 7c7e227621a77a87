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
  /** Names the content: files of the same oid are equal. That of a large file on the Hub is its SHA-256. */
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
}

/** Whether a file is one of a dataset's shards: caches and drafts of tools lie in folders that begin with a dot. */
export function isParquetPath(path: string): boolean {
  return path.endsWith('.parquet') && !path.split('/').some((part) => part.startsWith('.'));
}

/** By path, in byte order: the same everywhere. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
