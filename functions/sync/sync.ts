import { randomUUID } from 'node:crypto';
import { type ArticleWorker, createArticleWorker } from '../../shared/article-stage.ts';
import type { Outcome } from '../../shared/batcher.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { toDocument } from './document.ts';
import type { DocumentWriter, SearchIndex } from './search-index.ts';
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
}

/** Documents of one request to the index. */
const maxDocuments = 40;
/** Of their texts as Postgres keeps them, which is compressed. */
const maxDocumentBytes = 4 * 1024 * 1024;

/** Makes the current versions of articles searchable, and takes removed ones out of the index. */
export function createSynchronizer(deps: SyncDeps): ArticleWorker {
  const { db, index, leaseMs } = deps;
  const { writer } = index;
  return createArticleWorker<ArticleToSync, Written>(
    {
      stage: 'sync',
      publishes: 'synced',
      read: (uniqueIds) => readArticlesToSync(db, uniqueIds, { searchIndex: index.id }),
      work: async (articles) =>
        writer
          ? await writeUnderLease(articles, { db, index, writer, leaseMs })
          : articles.map(({ version }) => ({ value: { version, leaseToken: null } })),
      save: (tx, done) =>
        markSynced(
          tx,
          done.map(({ row: { uniqueId }, result }) => ({ uniqueId, ...result })),
          index.id,
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

/**
 * Reads the rows again under leases that are held until the marks, so that no older document wins over a newer one. A
 * write that failed without an answer may still land, so its lease runs out by itself; only where the index refused a
 * document is it given back.
 */
async function writeUnderLease(
  seen: readonly ArticleToSync[],
  deps: Pick<SyncDeps, 'db' | 'index' | 'leaseMs'> & { writer: DocumentWriter },
): Promise<Outcome<Written>[]> {
  const { db, index, writer, leaseMs } = deps;
  const targets = { searchIndex: index.id };
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
  const [refusals] = await Promise.all([
    documents.length > 0 ? writer.upsert(documents, deadline) : new Map<string, Error | null>(),
    ...removed.map((uniqueId) => writer.remove(uniqueId, deadline)),
  ]);
  const refused = uniqueIds.filter((uniqueId) => refusals.get(uniqueId));
  await releaseSyncLeases(db, refused, leaseToken);
  return seen.map(({ uniqueId, version }): Outcome<Written> => {
    const article = current.get(uniqueId);
    if (!article) return { error: new RetryableError(`Article ${uniqueId} has no row in news`) };
    if (!leased.has(uniqueId)) {
      // Written by another meanwhile: without the lease nothing is marked, and the next look finds nothing to do.
      if (!article.syncPending) return { value: { version, leaseToken } };
      return { error: new RetryableError(`Article ${uniqueId} is being written to ${index.name} by another instance`) };
    }
    const refusal = refusals.get(uniqueId);
    // The version read first: what came between the two reads, a removal say, stays pending.
    return refusal ? { error: refusal } : { value: { version: article.version, leaseToken } };
  });
}
