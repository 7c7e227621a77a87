import type { Typesense } from '../../shared/typesense.ts';
import type { NewsDocument } from '../../shared/typesense-schema.ts';

/** Where `sync` makes articles searchable. */
export interface SearchIndex {
  readonly name: 'postgres' | 'typesense';
  /** Its writes are unconditional: an older one could win, so they need a lease on the row from read to mark. */
  readonly needsLease: boolean;
  /**
   * Writes the documents.
   *
   * @returns the outcome by document id, null when it was written.
   * @throws {RetryableError} when nothing can be said about single documents.
   */
  upsert(documents: readonly NewsDocument[]): Promise<Map<string, Error | null>>;
  /** Removes a document; an absent one is fine. */
  remove(id: string): Promise<void>;
}

/** Search in Postgres itself: the row is the document, so it is searchable as soon as it is marked. */
export const postgresIndex: SearchIndex = {
  name: 'postgres',
  needsLease: false,
  async upsert(documents) {
    return new Map(documents.map(({ id }) => [id, null]));
  },
  async remove() {},
};

/** Search in Typesense. */
export function typesenseIndex(typesense: Pick<Typesense, 'importDocuments' | 'deleteDocument'>): SearchIndex {
  return {
    name: 'typesense',
    needsLease: true,
    upsert: (documents) => typesense.importDocuments(documents),
    remove: (id) => typesense.deleteDocument(id),
  };
}
