import { randomUUID } from 'node:crypto';
import { type ArticleWorker, createArticleWorker } from '../../shared/article-stage.ts';
import type { Outcome } from '../../shared/batcher.ts';
import { errorText, PermanentError, RetryableError } from '../../shared/errors.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { NotFoundError } from '../../shared/typesense-request.ts';
import type { NewsDocument } from '../../shared/typesense-schema.ts';
import { toDocument } from './document.ts';
import type { DocumentWriter, IndexTargets, SearchIndex } from './search-index.ts';
import {
  type ArticleToSync,
  markSynced,
  readArticlesToSync,
  readDocumentSources,
  releaseSyncLeases,
  takeSyncLeases,
} from './sql.ts';

export interface SyncDeps extends OutboxDeps {
  index: SearchIndex;
  /** How long a document is ours to write; longer than the timeout of any request to the index. */
  leaseMs: number;
}

/** What was written: the version that the index shows now, and under which lease. */
interface Written {
  version: number;
  leaseToken: string | null;
  /** Id of the index. */
  index: string;
}

/** Documents of one request to the index. */
const maxDocuments = 40;
/** Of their texts as Postgres keeps them, which is compressed. */
const maxDocumentBytes = 4 * 1024 * 1024;

/** Makes the current versions of articles searchable, and takes removed ones out of the index. */
export function createSynchronizer(deps: SyncDeps): ArticleWorker {
  const { db, index, leaseMs, log } = deps;
  const { writer } = index;
  // As of the last read: made anew by another instance, the index has another id.
  let indexId = index.id;
  return createArticleWorker<ArticleToSync, Written>(
    {
      stage: 'sync',
      publishes: 'synced',
      read: async (uniqueIds) => {
        if (writer) ({ indexId } = await writer.targets(db));
        return await readArticlesToSync(db, uniqueIds, { searchIndex: indexId });
      },
      work: async (articles) =>
        writer
          ? await writeUnderLease(articles, { db, log, indexId, writer, leaseMs })
          : articles.map(({ version }) => ({ value: { version, leaseToken: null, index: indexId } })),
      save: (tx, done) =>
        markSynced(
          tx,
          done.map(({ row: { uniqueId }, result }) => ({ uniqueId, ...result })),
        ),
      workBounds: {
        maxItems: maxDocuments,
        maxBytes: maxDocumentBytes,
        sizeOf: ({ contentBytes }) => contentBytes,
        concurrency: 2,
      },
    },
    deps,
  );
}

type WriteDeps = Pick<SyncDeps, 'db' | 'log' | 'leaseMs'> & { indexId: string; writer: DocumentWriter };

/**
 * Reads the rows again under leases that are held until the marks, so that no older document wins over a newer one. A
 * write that failed without an answer may still land, so its lease runs out by itself; only where the index refused a
 * document is it given back.
 */
async function writeUnderLease(seen: readonly ArticleToSync[], deps: WriteDeps): Promise<Outcome<Written>[]> {
  const { db, indexId, leaseMs } = deps;
  const targets = { searchIndex: indexId };
  const leaseToken = randomUUID();
  const uniqueIds = seen.map(({ uniqueId }) => uniqueId);
  const takenAt = performance.now();
  const leased = await takeSyncLeases(db, uniqueIds, targets, { token: leaseToken, ms: leaseMs });
  const current = new Map((await readArticlesToSync(db, uniqueIds, targets)).map((row) => [row.uniqueId, row]));
  const standing = uniqueIds.filter((uniqueId) => leased.has(uniqueId) && current.get(uniqueId)?.isRemoved === false);
  const documents = (await readDocumentSources(db, standing)).map(toDocument);
  // All writes end well within the lease, however many requests they are: what lands later could undo another's.
  const leftMs = 0.8 * leaseMs - (performance.now() - takenAt);
  if (leftMs < 0.3 * leaseMs) {
    throw new RetryableError(`${leased.size} articles took too long to read for the lease of ${leaseMs} ms on them`);
  }
  const removed = uniqueIds.filter((uniqueId) => leased.has(uniqueId) && current.get(uniqueId)?.isRemoved);
  const deadline = AbortSignal.timeout(Math.floor(leftMs));
  // After the rows: see rebuild.ts.
  const collections = await deps.writer.targets(db);
  if (collections.indexId !== indexId) {
    // Nothing was sent.
    await releaseSyncLeases(db, uniqueIds, leaseToken);
    throw new RetryableError(`The search index was made anew: ${indexId} is now ${collections.indexId}`);
  }
  const refusals = await writeToAll(documents, removed, collections, deadline, deps);
  const refused = uniqueIds.filter((uniqueId) => refusals.get(uniqueId));
  await releaseSyncLeases(db, refused, leaseToken);
  return seen.map(({ uniqueId, version }): Outcome<Written> => {
    const article = current.get(uniqueId);
    if (!article) return { error: new RetryableError(`Article ${uniqueId} has no row in news`) };
    if (!leased.has(uniqueId)) {
      // Written by another meanwhile: without the lease nothing is marked, and the next look finds nothing to do.
      if (!article.syncPending) return { value: { version, leaseToken, index: indexId } };
      return { error: new RetryableError(`Article ${uniqueId} is being written to the index by another instance`) };
    }
    const refusal = refusals.get(uniqueId);
    // The version read first: what came between the two reads, a removal say, stays pending.
    return refusal ? { error: refusal } : { value: { version: article.version, leaseToken, index: indexId } };
  });
}

/**
 * Writes to all collections of the index; returns the errors by document id. What a collection beside the served one
 * refuses fails nobody: an article is searchable without it, and it is compared with Postgres before it is ever served.
 */
async function writeToAll(
  documents: readonly NewsDocument[],
  removed: readonly string[],
  { served, beside }: IndexTargets,
  deadline: AbortSignal,
  { log, writer }: WriteDeps,
): Promise<Map<string, Error>> {
  const writeTo = async (collection: string) => {
    const [outcomes] = await Promise.all([
      documents.length > 0 ? writer.upsert(documents, deadline, collection) : new Map<string, Error | null>(),
      ...removed.map((uniqueId) => writer.remove(uniqueId, deadline, collection)),
    ]);
    return [...outcomes].filter((outcome): outcome is [string, Error] => outcome[1] !== null);
  };
  const writeBeside = async (collection: string) => {
    const errors = await writeTo(collection).catch((error: unknown) => {
      // Dropped meanwhile.
      if (error instanceof NotFoundError) return documents.map(({ id }): [string, Error] => [id, error]);
      throw error;
    });
    return errors.filter(([uniqueId, error]) => {
      const isRefusal = error instanceof PermanentError || error instanceof NotFoundError;
      if (isRefusal) {
        log.warning('a collection beside the served one refuses a document', {
          stage: 'sync',
          uniqueId,
          collection,
          error: errorText(error),
        });
      }
      return !isRefusal;
    });
  };
  const errors = await Promise.all([writeTo(served), ...beside.map(writeBeside)]);
  // The served collection says what is told of an article.
  return new Map(errors.reverse().flat());
}
