import { randomUUID } from 'node:crypto';
import { runArticleStage } from '../../shared/article-stage.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { toDocument } from './document.ts';
import type { DocumentWriter, SearchIndex } from './search-index.ts';
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
  const { db, index, leaseMs } = deps;
  const { writer } = index;
  return runArticleStage<ArticleToSync, Written>(
    {
      stage: 'sync',
      publishes: 'synced',
      read: (uniqueId) => readArticleToSync(db, uniqueId, { searchIndex: index.id }),
      work: async (article) =>
        writer ? await writeUnderLease(article, { db, index, writer, leaseMs }) : { ...article, leaseToken: null },
      save: async (tx, { uniqueId }, { version, leaseToken }) => {
        const marked = await markSynced(tx, { uniqueId, version, leaseToken, index: index.id });
        return marked && !marked.isStillPending ? version : undefined;
      },
    },
    message,
    context,
    deps,
  );
}

/**
 * Reads the row again under a lease that is held until the mark, so that no older document wins over a newer one. A
 * write that failed without an answer may still land, so its lease runs out by itself; only where the index refused the
 * document is it given back.
 */
async function writeUnderLease(
  seen: ArticleToSync,
  { db, index, writer, leaseMs }: Pick<SyncDeps, 'db' | 'index' | 'leaseMs'> & { writer: DocumentWriter },
): Promise<Written> {
  const { uniqueId } = seen;
  const targets = { searchIndex: index.id };
  const leaseToken = randomUUID();
  if (!(await takeSyncLease(db, uniqueId, targets, { token: leaseToken, ms: leaseMs }))) {
    const current = await readArticleToSync(db, uniqueId, targets);
    // Written by another meanwhile: without the lease nothing is marked, and the next look finds nothing to do.
    if (current && !current.syncPending) return { version: seen.version, leaseToken };
    throw new RetryableError(`Article ${uniqueId} is being written to ${index.name} by another instance`);
  }
  const takenAt = performance.now();
  const article = await readArticleToSync(db, uniqueId, targets);
  const source = await readDocumentSource(db, uniqueId);
  if (!article || !source) throw new RetryableError(`Article ${uniqueId} has no row in news`);
  // Half of the lease is for reading: what is left must outlast the write.
  if (performance.now() - takenAt > leaseMs / 2) {
    throw new RetryableError(`Article ${uniqueId} took too long to read for the lease of ${leaseMs} ms on it`);
  }
  if (article.isRemoved) {
    await writer.remove(uniqueId);
    return { version: article.version, leaseToken };
  }
  const refusal = (await writer.upsert([toDocument(source)])).get(uniqueId);
  if (refusal) {
    await releaseSyncLease(db, uniqueId, leaseToken);
    throw refusal;
  }
  // The version read first: what came between the two reads, a removal say, stays pending.
  return { version: article.version, leaseToken };
}
