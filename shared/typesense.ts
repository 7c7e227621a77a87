import { ConfigError, RetryableError } from './errors.ts';
import { asSecret, type Secret } from './secret.ts';
import { type CollectionInfo, createTypesenseCollections, type TypesenseCollections } from './typesense-collections.ts';
import { createDocumentVersions, type DocumentVersions } from './typesense-compare.ts';
import { createTypesenseRequest, toDeliveryError } from './typesense-request.ts';
import { type NewsDocument, optionalFieldNames } from './typesense-schema.ts';
import { createDocumentsSearch, type DocumentsSearch } from './typesense-search.ts';

/** How the server is reached. */
export interface TypesenseOptions {
  host: string;
  port: number;
  protocol: 'http' | 'https';
  apiKey: string | Secret;
  /** What searches and writes go to; the collection behind it is named by its schema. Default `news`. */
  alias?: string;
  /** Length of the vectors, part of the schema. Default 768. */
  dimensions?: number;
  /** Longest time of one request, from its start to the last byte of the answer. Default 30,000. */
  timeoutMs?: number;
}

/** The index, as it is written and searched. No request is repeated here: the message is what retries. */
export interface Typesense {
  /**
   * Creates the collection and its alias where there are none; safe in many instances at once. An alias that was lost
   * leads to `known` again where that still stands.
   *
   * An alias that serves a collection of another schema is left alone (`isCurrent` is false): moved to an empty
   * collection, it would empty the search.
   *
   * @returns the collection that is served; `createdAt` in epoch seconds.
   * @throws {ConfigError} when a collection has the name of the alias, which hides any alias.
   */
  ensureCollection(known?: string): Promise<{ name: string; createdAt: number; isCurrent: boolean }>;
  /**
   * Writes documents unconditionally, at most 1,000 or about 8 MB a request, in their order; a field that a document
   * leaves out is cleared.
   *
   * @returns the outcome by document id, null when it was written: PermanentError when the document was refused,
   *   RetryableError when the server failed on it.
   * @param deadline ends the requests that are under way, and begins no other.
   * @param collection where to; the one behind the alias unless it is given.
   * @throws {RetryableError} when a request fails as a whole; earlier ones are written, and writing again is harmless.
   * @throws {NotFoundError} when there is no such collection.
   */
  importDocuments(
    documents: readonly NewsDocument[],
    deadline?: AbortSignal,
    collection?: string,
  ): Promise<Map<string, Error | null>>;
  /** Removes a document; an absent one is fine. @throws {NotFoundError} when there is no such collection. */
  deleteDocument(id: string, deadline?: AbortSignal, collection?: string): Promise<void>;
  /** Searches what is served. */
  readonly search: DocumentsSearch;
  /** What stands in the index, to be compared with Postgres. */
  readonly versions: DocumentVersions;
  /** The same of one collection. */
  versionsOf(collection: string): DocumentVersions;
  /** For who builds, swaps and drops collections. */
  readonly collections: TypesenseCollections;
  /** @throws {RetryableError} when the server does not answer or says that it is not ready. */
  health(): Promise<void>;
  /** Closes idle connections. */
  close(): void;
}

interface ImportResult {
  success: boolean;
  code?: number;
  error?: string;
}

const MAX_BATCH_DOCUMENTS = 1000;
const MAX_BATCH_CHARACTERS = 8_000_000;

/** @throws {ConfigError} from any call, when the server refuses the API key. */
export function createTypesense(options: TypesenseOptions): Typesense {
  const { host, port, protocol, apiKey, alias = 'news', dimensions, timeoutMs = 30_000 } = options;
  const { request, close } = createTypesenseRequest({
    ...{ host, port, protocol, timeoutMs },
    apiKey: asSecret(apiKey),
  });
  const collections = createTypesenseCollections(alias, request, dimensions);
  const documentsOf = (collection: string) => `/collections/${encodeURIComponent(collection)}/documents`;

  const toServed = ({ name, createdAt }: CollectionInfo) => ({
    name,
    createdAt,
    isCurrent: collections.isCurrent(name),
  });

  return {
    async ensureCollection(known) {
      // The alias leads there too.
      const existing = await collections.find(alias);
      if (existing?.name === alias) {
        throw new ConfigError(
          `Typesense has a collection named "${alias}": rename or drop it, the name is for the alias`,
        );
      }
      if (existing) return toServed(existing);
      const standing = known === undefined ? undefined : await collections.find(known);
      await collections.point((standing ?? (await collections.create(collections.nameOf()))).name);
      const made = await collections.find(alias);
      if (!made) throw new RetryableError(`Typesense serves nothing as "${alias}" although it was just created`);
      return toServed(made);
    },

    async importDocuments(documents, deadline, collection = alias) {
      const outcomes = new Map<string, Error | null>();
      for (const batch of batches(documents)) {
        const answer = await request<unknown>('post', `${documentsOf(collection)}/import`, {
          query: { action: 'emplace' },
          body: batch.lines.join('\n'),
          headers: { 'Content-Type': 'text/plain' },
          deadline,
        });
        const results = parseResults(answer, batch.ids.length);
        batch.ids.forEach((id, index) => {
          outcomes.set(id, toOutcome(id, results[index]!));
        });
      }
      return outcomes;
    },

    async deleteDocument(id, deadline, collection = alias) {
      const path = `${documentsOf(collection)}/${encodeURIComponent(id)}`;
      await request('delete', path, { query: { ignore_not_found: true }, deadline });
    },

    search: createDocumentsSearch(alias, request),
    versions: createDocumentVersions(alias, request),
    versionsOf: (collection) => createDocumentVersions(collection, request),
    collections,

    async health() {
      await request('get', '/health');
    },

    close,
  };
}

/** Documents as lines of JSON, in requests of bounded size. */
function* batches(documents: readonly NewsDocument[]): Generator<{ ids: string[]; lines: string[] }> {
  // The action emplace merges: only a null clears what an earlier version of the article had and this one has not.
  const cleared = Object.fromEntries(optionalFieldNames.map((name) => [name, null]));
  let batch = { ids: [] as string[], lines: [] as string[], characters: 0 };
  for (const document of documents) {
    const line = JSON.stringify({ ...cleared, ...document });
    const isFull = batch.ids.length === MAX_BATCH_DOCUMENTS || batch.characters + line.length > MAX_BATCH_CHARACTERS;
    if (isFull && batch.ids.length > 0) {
      yield batch;
      batch = { ids: [], lines: [], characters: 0 };
    }
    batch.ids.push(document.id);
    batch.lines.push(line);
    batch.characters += line.length;
  }
  if (batch.ids.length > 0) yield batch;
}

/** One result a document, in their order. The server may send blank lines between its chunks. */
function parseResults(answer: unknown, expected: number): ImportResult[] {
  const lines = String(answer).split('\n').filter(Boolean);
  const results = lines.map((line) => {
    try {
      return JSON.parse(line) as ImportResult;
    } catch (cause) {
      throw new RetryableError('Typesense answered an import with a line that is not JSON', { cause });
    }
  });
  if (results.length === expected) return results;
  throw new RetryableError(`Typesense answered an import of ${expected} documents with ${results.length} results`);
}

function toOutcome(id: string, { success, code, error }: ImportResult): Error | null {
  return success ? null : toDeliveryError(`Typesense refuses document ${id}: ${error} (code ${code})`, code);
}
