import { randomUUID } from 'node:crypto';
import { runArticleStage } from '../../shared/article-stage.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { toDocument } from './document.ts';
import type { SearchIndex } from './search-index.ts';
import {
  type ArticleToSync,
  markSynced,
  readArticleToSync,
  readDocumentSource,
  releaseSyncLease,
  takeSyncLease,
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

/** Makes the current version of an article searchable, or takes a removed one out of the index. */
export function sync(message: ArticleMessage, context: StageContext, deps: SyncDeps) {
  return runArticleStage<ArticleToSync, Written>(
    {
      stage: 'sync',
      publishes: 'synced',
      read: (uniqueId) => readArticleToSync(deps.db, uniqueId),
      work: (article) => (deps.index.needsLease ? writeUnderLease(article, deps) : write(article, deps)),
      save: async (tx, article, written) => {
        const marked = await markSynced(tx, { uniqueId: article.uniqueId, ...written });
        return marked && !marked.isStillPending ? written.version : undefined;
      },
    },
    message,
    context,
    deps,
  );
}

/** Search in Postgres: the row is its own document. */
async function write(article: ArticleToSync, { index }: SyncDeps): Promise<Written> {
  if (article.isRemoved) await index.remove(article.uniqueId);
  return { version: article.version, leaseToken: null };
}

/**
 * An index without conditional writes would let an older document win over a newer one: the row is read again under a
 * lease that is held until the mark. A write that failed without an answer may still land, so its lease runs out by
 * itself; only where the index refused the document is it given back.
 */
async function writeUnderLease(seen: ArticleToSync, { db, index, leaseMs }: SyncDeps): Promise<Written> {
  const { uniqueId } = seen;
  const leaseToken = randomUUID();
  if (!(await takeSyncLease(db, uniqueId, leaseToken, leaseMs))) {
    const current = await readArticleToSync(db, uniqueId);
    // Written by another meanwhile: without the lease nothing is marked, and the next look finds nothing to do.
    if (current && !current.syncPending) return { version: seen.version, leaseToken };
    throw new RetryableError(`Article ${uniqueId} is being written to ${index.name} by another instance`);
  }
  const takenAt = performance.now();
  const article = await readArticleToSync(db, uniqueId);
  const source = await readDocumentSource(db, uniqueId);
  if (!article || !source) throw new RetryableError(`Article ${uniqueId} has no row in news`);
  // Half of the lease is for reading: what is left must outlast the write.
  if (performance.now() - takenAt > leaseMs / 2) {
    throw new RetryableError(`Article ${uniqueId} took too long to read for the lease of ${leaseMs} ms on it`);
  }
  if (article.isRemoved) {
    await index.remove(uniqueId);
    return { version: article.version, leaseToken };
  }
  const refusal = (await index.upsert([toDocument(source)])).get(uniqueId);
  if (refusal) {
    await releaseSyncLease(db, uniqueId, leaseToken);
    throw refusal;
  }
  // The version read first: what came between the two reads, a removal say, stays pending.
  return { version: article.version, leaseToken };
}
