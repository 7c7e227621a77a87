import type { Database } from '../../shared/database.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Typesense } from '../../shared/typesense.ts';
import { toDocument } from './document.ts';
import { readDocumentSources, readStanding } from './sql.ts';

export interface BesideDeps {
  db: Database;
  typesense: Typesense;
}

/** An article that is edited more often while it is written has `sync` at its heels anyway. */
const maxLooks = 20;

/**
 * Brings the documents of articles to what the rows say, in a collection that is not served but that `sync` writes to.
 * Removed and unknown articles have none afterwards.
 *
 * It takes no leases: those would be two more versions of each row, with an entry in every index of the table. Instead
 * it looks again: where the row has moved since it was read, `sync` may have been faster, and it writes once more. What
 * has not moved by then `sync` writes later, and last.
 *
 * @returns what the collection refuses, by unique_id.
 * @throws {RetryableError} when the server fails; all of it can be done again.
 */
export async function writeBeside(
  uniqueIds: readonly string[],
  collection: string,
  { db, typesense }: BesideDeps,
): Promise<Map<string, PermanentError>> {
  const refused = new Map<string, PermanentError>();
  let moving = uniqueIds;
  for (let look = 0; moving.length > 0; look++) {
    if (look === maxLooks) {
      throw new RetryableError(
        `${moving.length} articles changed ${maxLooks} times while they were written: ${moving[0]}`,
      );
    }
    const standing = await readStanding(db, moving);
    const documents = (await readDocumentSources(db, [...standing.keys()])).map(toDocument);
    const outcomes = await typesense.importDocuments(documents, undefined, collection);
    for (const [id, error] of outcomes) {
      if (error instanceof PermanentError) refused.set(id, error);
      else if (error) throw error;
    }
    for (const id of moving) {
      if (!standing.has(id)) await typesense.deleteDocument(id, undefined, collection);
    }
    const written = new Map(documents.map(({ id, version }) => [id, version]));
    const now = await readStanding(db, moving);
    moving = moving.filter((id) => now.get(id) !== written.get(id));
    for (const id of moving) refused.delete(id);
  }
  return refused;
}
