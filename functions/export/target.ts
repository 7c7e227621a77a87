import { RetryableError } from '../../shared/errors.ts';

/** A shard of the dataset as it stands. */
export interface TreeFile {
  sizeBytes: number;
  /** Hex; null where the dataset does not keep the file by its hash, so that it cannot be one of ours. */
  sha256: string | null;
}

/** The dataset as it stands under one commit. */
export interface DatasetTree {
  /** The last commit; null before the first. */
  head: string | null;
  /** The shards by path. */
  files: ReadonlyMap<string, TreeFile>;
  /** Other files that describe shards of another making: they go with the next change. */
  stale: readonly string[];
  /** The dataset card, null without one. */
  readCard(): Promise<string | null>;
}

/** A file on its way into the dataset: readers do not see it before the commit. */
export interface StagedFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Called once, after the last byte: brings the file to where the commit takes it from. */
  finish(): Promise<{ sha256: string; sizeBytes: number }>;
  /** Drops the file, unless it was committed. */
  discard(): Promise<void>;
}

export interface DatasetCommit {
  /** The head that the changes were made from. */
  parent: string | null;
  /** One line for readers. */
  title: string;
  adds: readonly { path: string; sha256: string; sizeBytes: number; file: StagedFile }[];
  /** The new dataset card, unless it stays as it is. */
  card?: string;
  deletes: readonly string[];
}

/** Where the dataset is published. */
export interface DatasetTarget {
  /** Its public address, for those who cite it. */
  url?: string;
  readTree(): Promise<DatasetTree>;
  /** Opens a file. One at a time: the next follows when the last is finished. */
  stage(): Promise<StagedFile>;
  /**
   * Publishes finished files under their paths, in place of what stood there, and deletes others.
   *
   * @throws {HeadMovedError} when the head is no longer the parent: nothing was changed.
   */
  commit(commit: DatasetCommit): Promise<string>;
}

/** Another writer was faster: what was planned is planned again, from the new head. */
export class HeadMovedError extends RetryableError {
  override name = 'HeadMovedError';
}

/** Path of the dataset card. */
export const cardPath = 'README.md';

/** Whether a file outside the card states schema and sizes of the splits, as older tools of the Hub wrote them. */
export function isStalePath(path: string): boolean {
  return path === 'dataset_infos.json' || path === 'dataset_info.json';
}
