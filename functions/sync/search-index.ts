import { postgresIndexId, typesenseIndexId } from '../../shared/search-index-settings.ts';
import type { Typesense } from '../../shared/typesense.ts';
import type { NewsDocument } from '../../shared/typesense-schema.ts';

/** Where `sync` makes articles searchable. */
export interface SearchIndex {
  readonly name: 'postgres' | 'typesense';
  /** Stands on every row that was written to it; an index that was made anew has another one. */
  readonly id: string;
  /** Takes the documents; without one the row is its own document, searchable as soon as it is marked. */
  readonly writer?: DocumentWriter;
}

/** Writes unconditionally: an older document could win, so it is used under a lease on the row, from read to mark. */
export interface DocumentWriter {
  /**
   * Writes the documents.
   *
   * @param deadline after which nothing may be sent any more.
   * @returns the outcome by document id, null when it was written.
   * @throws {RetryableError} when nothing can be said about single documents.
   */
  upsert(documents: readonly NewsDocument[], deadline: AbortSignal): Promise<Map<string, Error | null>>;
  /** Removes a document; an absent one is fine. */
  remove(id: string, deadline: AbortSignal): Promise<void>;
}

/** Search in Postgres itself. */
export const postgresIndex: SearchIndex = { name: 'postgres', id: postgresIndexId };

/** Search in a collection of Typesense: the one that `ensureCollection` found or made. */
export function typesenseIndex(
  typesense: Pick<Typesense, 'importDocuments' | 'deleteDocument'>,
  collection: { name: string; createdAt: number },
): SearchIndex {
  return {
    name: 'typesense',
    id: typesenseIndexId(collection),
    writer: {
      upsert: (documents, deadline) => typesense.importDocuments(documents, deadline),
      remove: (id, deadline) => typesense.deleteDocument(id, deadline),
    },
  };
}
