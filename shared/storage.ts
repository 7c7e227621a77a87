import type { Database, Queryable } from './database.ts';
import { openDatasetFolder } from './dataset-folder.ts';
import { createDatasetQuery, type DatasetQuery } from './dataset-query.ts';
import { readFromDataset } from './dataset-storage.ts';
import { openHubSource } from './hub-files.ts';
import { findArticle, listNewestArticles } from './sql/articles.ts';
import { deleteFromJournal, type JournalRecord, listJournal } from './sql/journal.ts';
import { type ArticleInput, type StoredArticle, storeArticles } from './sql/store-articles.ts';
import { type DatasetLocation, readLocation, type StorageConfig } from './storage-settings.ts';
import type { ArticleReads } from './stored-article.ts';

/**
 * Where articles are written and read. Postgres always keeps the working state; in the phases of a move, what is written
 * is journaled for the dataset too (by the session: see `sessionSettings`), and readers are served from there.
 */
export interface StorageBackend extends ArticleReads {
  /** New articles and new versions of known ones, in the transaction of the caller: see `storeArticles`. */
  insert(tx: Queryable, articles: readonly ArticleInput[]): Promise<StoredArticle[]>;
  /** The same: whether an article is known, the statement alone can tell for sure. */
  update(tx: Queryable, articles: readonly ArticleInput[]): Promise<StoredArticle[]>;
  /** What the dataset does not have yet, the oldest first. */
  recordsForHubSync(limit: number): Promise<JournalRecord[]>;
  /** Strikes off what the dataset has now, unless it changed again; returns how many. */
  markSyncedToHub(records: readonly JournalRecord[]): Promise<number>;
}

/** The storage on a database; reads come from the dataset where one is given. */
export function createStorage({ db, dataset }: { db: Database; dataset?: DatasetQuery }): StorageBackend {
  const reads: ArticleReads = dataset
    ? readFromDataset(dataset, db)
    : {
        source: 'postgres',
        get: (filter, limit) => listNewestArticles(db, filter, limit),
        getByUniqueId: (id) => findArticle(db, id),
      };
  return {
    ...reads,
    insert: storeArticles,
    update: storeArticles,
    recordsForHubSync: (limit) => listJournal(db, limit),
    markSyncedToHub: (records) => deleteFromJournal(db, records),
  };
}

/**
 * The storage that the settings name.
 *
 * @throws {ConfigError} when they cannot be meant together.
 */
export function openStorage(settings: StorageConfig, db: Database): StorageBackend {
  const location = readLocation(settings);
  return createStorage(location ? { db, dataset: openDataset(location) } : { db });
}

/** Opens a dataset in a folder or on the Hub. */
export function openDataset(location: DatasetLocation): DatasetQuery {
  const open =
    'folder' in location
      ? () => openDatasetFolder(location.folder)
      : () => {
          const { id, branch, endpoint, token } = location;
          return openHubSource(id, branch, { endpoint, ...(token ? { token } : {}) });
        };
  return createDatasetQuery({ open });
}
