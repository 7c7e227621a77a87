import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Client, Errors } from 'typesense';
import { ConfigError, PermanentError, RetryableError } from './errors.ts';
import { createDocumentVersions, type DocumentVersions } from './typesense-compare.ts';
import { type NewsDocument, newsCollection, optionalFieldNames } from './typesense-schema.ts';

/** How the server is reached. */
export interface TypesenseOptions {
  host: string;
  port: number;
  protocol: 'http' | 'https';
  apiKey: string;
  /** What searches and writes go to; the collection behind it is named by its schema. Default `news`. */
  alias?: string;
  /** Longest time of one request, from its start to the last byte of the answer. Default 30,000. */
  timeoutMs?: number;
}

/** The index as `sync` writes it. No request is repeated here: the message is what retries. */
export interface Typesense {
  /**
   * Creates the collection and its alias where there are none; safe in many instances at once.
   *
   * An alias that serves a collection of another schema is left alone (`isCurrent` is false): moved to an empty
   * collection, it would empty the search.
   *
   * @returns the collection that is served; `createdAt` in epoch seconds.
   * @throws {ConfigError} when a collection has the name of the alias, which hides any alias.
   */
  ensureCollection(): Promise<{ name: string; createdAt: number; isCurrent: boolean }>;
  /**
   * Writes documents unconditionally, at most 1,000 or about 8 MB a request, in their order; a field that a document
   * leaves out is cleared.
   *
   * @returns the outcome by document id, null when it was written: PermanentError when the document was refused,
   *   RetryableError when the server failed on it.
   * @param deadline ends the requests that are under way, and begins no other.
   * @throws {RetryableError} when a request fails as a whole; earlier ones are written, and writing again is harmless.
   */
  importDocuments(documents: readonly NewsDocument[], deadline?: AbortSignal): Promise<Map<string, Error | null>>;
  /** Removes a document; an absent one is fine. */
  deleteDocument(id: string, deadline?: AbortSignal): Promise<void>;
  /** What stands in the index, to be compared with Postgres. */
  readonly versions: DocumentVersions;
  /** @throws {RetryableError} when the server does not answer or says that it is not ready. */
  health(): Promise<void>;
  /** Closes idle connections. */
  close(): void;
}

interface Request {
  query?: Record<string, string | boolean>;
  body?: object | string;
  headers?: Record<string, string>;
  /** An answer with this status is null, not an error. */
  nullOn?: number;
  /** Ends the request before its own time is up. */
  deadline?: AbortSignal | undefined;
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
  const { host, port, protocol, apiKey, alias = 'news', timeoutMs = 30_000 } = options;
  const agents = { httpAgent: new HttpAgent({ keepAlive: true }), httpsAgent: new HttpsAgent({ keepAlive: true }) };
  const nodes = [{ host, port, protocol }];
  const client = new Client({ nodes, apiKey, numRetries: 0, logLevel: 'silent', ...agents });

  // Below the client's typed methods: its import() has no timeout, and documents(id) stays in a cache for ever.
  async function request<T>(
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    input: Request = {},
  ): Promise<T | null> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const abortSignal = input.deadline ? AbortSignal.any([timeout, input.deadline]) : timeout;
    try {
      return await client.apiCall.performRequest<T>(method, path, {
        queryParameters: input.query,
        bodyParameters: input.body,
        additionalHeaders: input.headers,
        abortSignal,
        skipConnectionTimeout: true,
      });
    } catch (error) {
      const status = error instanceof Errors.TypesenseError ? error.httpStatus : undefined;
      if (status !== undefined && status === input.nullOn) return null;
      const inTime = input.deadline?.aborted ? 'in time' : `within ${timeoutMs} ms`;
      const reason = abortSignal.aborted ? `no answer ${inTime}` : (error as Error).message;
      throw toDeliveryError(`Typesense ${method.toUpperCase()} ${path}: ${reason}`, status);
    }
  }

  const servedPath = `/collections/${encodeURIComponent(alias)}`;

  async function readServed(): Promise<{ name: string; createdAt: number } | undefined> {
    const served = await request<{ name: string; created_at: number }>('get', servedPath, { nullOn: 404 });
    return served ? { name: served.name, createdAt: served.created_at } : undefined;
  }

  return {
    async ensureCollection() {
      const schema = newsCollection(alias);
      const existing = await readServed();
      if (existing?.name === alias) {
        throw new ConfigError(
          `Typesense has a collection named "${alias}": rename or drop it, the name is for the alias`,
        );
      }
      if (existing) return { ...existing, isCurrent: existing.name === schema.name };
      // 409: another instance was faster, or the alias was lost.
      await request('post', '/collections', { body: schema, nullOn: 409 });
      await request('put', `/aliases/${encodeURIComponent(alias)}`, { body: { collection_name: schema.name } });
      const made = await readServed();
      if (!made) throw new RetryableError(`Typesense serves nothing as "${alias}" although it was just created`);
      return { ...made, isCurrent: made.name === schema.name };
    },

    async importDocuments(documents, deadline) {
      const outcomes = new Map<string, Error | null>();
      for (const batch of batches(documents)) {
        const answer = await request<unknown>('post', `${servedPath}/documents/import`, {
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

    async deleteDocument(id, deadline) {
      const path = `${servedPath}/documents/${encodeURIComponent(id)}`;
      await request('delete', path, { query: { ignore_not_found: true }, deadline });
    },

    versions: createDocumentVersions(alias, request),

    async health() {
      await request('get', '/health');
    },

    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
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

/**
 * By status, of an answer or of one document in it; undefined when there was no answer. The client's error is not kept
 * as cause: it carries the whole request, with the API key.
 */
function toDeliveryError(text: string, status: number | undefined): Error {
  if (status === 401 || status === 403) return new ConfigError(text);
  // 404: the collection is being made; 408 and 429: busy; 422: out of memory or disk, or writes are switched off.
  const mayPass = status === undefined || status < 400 || status >= 500 || [404, 408, 422, 429].includes(status);
  return mayPass ? new RetryableError(text) : new PermanentError(text);
}
