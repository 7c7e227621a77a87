import { type ArticleWrites, articleWrites } from './article-writes.ts';
import type { Database } from './database.ts';
import { openDatasetFolder } from './dataset-folder.ts';
import { createDatasetQuery, type DatasetQuery } from './dataset-query.ts';
import { DatasetAbsentError, type DatasetSource } from './dataset-source.ts';
import { readFromDataset } from './dataset-storage.ts';
import { type HubOptions, openHubSource } from './hub-files.ts';
import { createLogger, type Logger } from './log.ts';
import { findArticle, listNewestArticles } from './sql/articles.ts';
import { deleteFromJournal, type JournalRecord, listJournal } from './sql/journal.ts';
import { type DatasetLocation, readLocation, type StorageConfig } from './storage-settings.ts';
import type { ArticleReads } from './stored-article.ts';

/**
 * Where articles are written and read. Postgres always keeps the working state; in the phases of a move, what is written
 * is journaled for the dataset too (by the session: see `sessionSettings`), and readers are served from there.
 */
export interface StorageBackend extends ArticleReads, ArticleWrites {
  /** What the dataset does not have yet, by unique_id; the next ones after the last that was given. */
  recordsForHubSync(limit: number, after?: JournalRecord): Promise<JournalRecord[]>;
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
    ...articleWrites,
    recordsForHubSync: (limit, after) => listJournal(db, limit, after),
    markSyncedToHub: (records) => deleteFromJournal(db, records),
  };
}

/**
 * The storage that the settings name. Before the first export, a folder without a dataset reads as an empty one.
 *
 * @throws {ConfigError} when they cannot be meant together.
 */
export function openStorage(settings: StorageConfig, db: Database, log: Logger = createLogger()): StorageBackend {
  const location = readLocation(settings);
  if (!location) return createStorage({ db });
  const open = openerOf(location, readerPatience);
  return createStorage({
    db,
    dataset: createDatasetQuery({ open: 'folder' in location ? () => emptyWhereAbsent(open) : open, log }),
  });
}

/** Opens a dataset in a folder or on the Hub, as it stands then. */
export function openDataset(location: DatasetLocation): DatasetQuery {
  return createDatasetQuery({ open: openerOf(location, {}) });
}

/** Of those whose own readers wait: an answer that takes longer is of no use to them. */
const readerPatience = { maxAttempts: 2, backoffMs: 500, timeoutMs: 8_000, maxPauseMs: 2_000 };

function openerOf(location: DatasetLocation, patience: HubOptions): () => Promise<DatasetSource> {
  if ('folder' in location) return () => openDatasetFolder(location.folder);
  const { id, branch, endpoint, token } = location;
  return () => openHubSource(id, branch, { ...patience, endpoint, ...(token ? { token } : {}) });
}

async function emptyWhereAbsent(open: () => Promise<DatasetSource>): Promise<DatasetSource> {
  return await open().catch((error: unknown) => {
    if (!(error instanceof DatasetAbsentError)) throw error;
    return { name: 'no dataset yet', revision: null, files: [], leftOut: [] };
  });
}
