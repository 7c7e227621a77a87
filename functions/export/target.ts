/** A file of the dataset as it stands. */
export interface TreeFile {
  sizeBytes: number;
  /** Hex; may have to read the file. */
  sha256(): Promise<string>;
}

export interface DatasetTree {
  /** The last commit; null before the first. */
  head: string | null;
  /** The shards by path. */
  files: ReadonlyMap<string, TreeFile>;
}

/** A file on its way into the dataset: readers do not see it before the commit. */
export interface StagedFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Called once, after the last byte. */
  finish(): Promise<{ sha256: string; sizeBytes: number }>;
  /** Drops the file, unless it was committed. */
  discard(): Promise<void>;
}

export interface DatasetCommit {
  /** The head that the changes were made from. */
  parent: string | null;
  adds: readonly { path: string; sha256: string; file: StagedFile }[];
  deletes: readonly string[];
}

/** Where the dataset is published. */
export interface DatasetTarget {
  readTree(): Promise<DatasetTree>;
  stage(): Promise<StagedFile>;
  /**
   * Publishes finished files under their paths, in place of what stood there, and deletes others.
   *
   * @throws {RetryableError} when the head is no longer the parent.
   */
  commit(commit: DatasetCommit): Promise<string>;
}
