import type { Queryable } from '../../shared/database.ts';
import { RetryableError } from '../../shared/errors.ts';
import { postgresIndexId } from '../../shared/search-index-settings.ts';
import { listWrittenCollections } from '../../shared/sql/search-collections.ts';
import type { Typesense } from '../../shared/typesense.ts';
import type { NewsDocument } from '../../shared/typesense-schema.ts';

/** Where `sync` makes articles searchable. */
export interface SearchIndex {
  readonly name: 'postgres' | 'typesense';
  /** Stands on every row that was written to it; an index that was made anew has another one, a rebuilt one keeps it. */
  readonly id: string;
  /** Takes the documents; without one the row is its own document, searchable as soon as it is marked. */
  readonly writer?: DocumentWriter;
}

/** What is written to. */
export interface IndexTargets {
  /** Of the index: another one than before when it was made anew. */
  indexId: string;
  served: string;
  /** Collections that are being built, or kept for a rollback. */
  beside: readonly string[];
}

/** Writes unconditionally: an older document could win, so it is used under a lease on the row, from read to mark. */
export interface DocumentWriter {
  /**
   * The index as it stands, and the collections that a write goes to: read after the rows, since one that is registered
   * later is filled from rows that are at least as new.
   *
   * @throws {RetryableError} when nothing is served.
   */
  targets(db: Queryable): Promise<IndexTargets>;
  /**
   * Writes the documents to a collection.
   *
   * @param deadline after which nothing may be sent any more.
   * @returns the outcome by document id, null when it was written.
   * @throws {RetryableError} when nothing can be said about single documents.
   */
  upsert(
    documents: readonly NewsDocument[],
    deadline: AbortSignal,
    collection: string,
  ): Promise<Map<string, Error | null>>;
  /** Removes a document; an absent one is fine. */
  remove(id: string, deadline: AbortSignal, collection: string): Promise<void>;
}

/** Search in Postgres itself. */
export const postgresIndex: SearchIndex = { name: 'postgres', id: postgresIndexId };

/** The index of an id in Typesense. */
export function typesenseIndex(
  typesense: Pick<Typesense, 'importDocuments' | 'deleteDocument'>,
  id: string,
): SearchIndex {
  return {
    name: 'typesense',
    id,
    writer: {
      async targets(db) {
        const collections = await listWrittenCollections(db);
        const served = collections.find(({ state }) => state === 'serving');
        if (!served) throw new RetryableError('No collection of Typesense is served: a new start of sync makes one');
        const beside = collections.filter((collection) => collection !== served).map(({ name }) => name);
        return { indexId: served.searchIndex, served: served.name, beside };
      },
      upsert: (documents, deadline, collection) => typesense.importDocuments(documents, deadline, collection),
      remove: (documentId, deadline, collection) => typesense.deleteDocument(documentId, deadline, collection),
    },
  };
}
