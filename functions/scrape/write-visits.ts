import type { ArticleWrites } from '../../shared/article-writes.ts';
import { errorText } from '../../shared/errors.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { failureCategory } from './errors.ts';
import { readRow } from './page-row.ts';
import { type DuePage, markGone, type PageRow, savePages, touchArticles } from './pages-sql.ts';
import { isOdd, type Visit } from './revisit.ts';
import { storeArticle } from './store.ts';
import { missingIntervalMs, nextTryWithin, nextVisit } from './visit-schedule.ts';

export interface WriteVisitsDeps extends OutboxDeps {
  storage: Pick<ArticleWrites, 'insert'>;
  revisitDays: number;
  /** An operator has let through what is odd here: it is not held against the source later. */
  isReleased: boolean;
  reject(url: string, error: Error): Promise<void>;
  now(): Date;
}

export interface VisitCounts {
  revisited: number;
  updated: number;
  unchanged: number;
  removed: number;
  rejected: number;
}

/** Writes what the visits of a run found, once the breaker has let them through. */
export async function writeVisits(
  visits: readonly Visit[],
  agencyKey: string,
  context: StageContext,
  deps: WriteVisitsDeps,
): Promise<VisitCounts> {
  const { db, revisitDays } = deps;
  const counts: VisitCounts = { revisited: visits.length, updated: 0, unchanged: 0, removed: 0, rejected: 0 };
  const at = deps.now();
  const rows: PageRow[] = [];
  const same: string[] = [];
  for (const visit of visits) {
    const { due } = visit;
    const oddAt = isOdd(visit) && !deps.isReleased ? at : due.oddAt;
    const again = nextTryWithin(due.storedPublishedAt, at, revisitDays);
    switch (visit.kind) {
      case 'same':
        same.push(due.canonicalUrl);
        rows.push(visited(due, at, nextVisit(due.storedPublishedAt, at, revisitDays)));
        counts.unchanged += 1;
        break;
      case 'read': {
        const row = { ...readRow(visit, due.sourceUrl, revisitDays), oddAt };
        const outcome = await storeArticle(visit.article, context, deps, row);
        counts[outcome === 'unchanged' ? 'unchanged' : 'updated'] += 1;
        break;
      }
      case 'missing':
        if (visit.counts) {
          const dayLater = new Date(at.getTime() + missingIntervalMs);
          rows.push({ ...visited(due, at, dayLater), missingVisits: due.missingVisits + 1, oddAt });
        }
        break;
      case 'gone':
        counts[await takeOut({ ...visited(due, at, null), oddAt }, due, context, deps)] += 1;
        break;
      case 'unreadable': {
        counts.rejected += 1;
        await deps.reject(due.url, visit.error);
        const read = visit.mark && { bodySha256: visit.mark.sha256, rawPath: visit.mark.rawPath };
        const failure = failureCategory(visit.error);
        rows.push({ ...visited(due, at, again), extractorVersion: null, failure, ...read, oddAt });
        break;
      }
      case 'unanswered':
        rows.push({ ...visited(due, due.visitedAt, again), missingVisits: due.missingVisits });
        break;
    }
  }
  await savePages(db, rows);
  const unanswered = visits.flatMap((visit) => (visit.kind === 'unanswered' ? [visit] : []));
  if (unanswered.length > 0) {
    const [first] = unanswered;
    deps.log.warning('known articles did not answer', {
      agencyKey,
      count: unanswered.length,
      url: first!.due.url,
      error: errorText(first!.error),
    });
  }
  if (same.length > 0) await touchArticles(db, agencyKey, same, at);
  return counts;
}

/** The row after a visit that taught nothing new of the page. */
function visited(due: DuePage, visitedAt: Date, nextVisitAt: Date | null): PageRow {
  const { uniqueId, storedPublishedAt, title, subtitle, editorialLead, content, ...row } = due;
  return { ...row, visitedAt, nextVisitAt, missingVisits: 0 };
}

/** Marks the article as gone or moved, and tells search and the dataset, both by the chain. */
function takeOut(
  row: PageRow,
  due: DuePage,
  context: StageContext,
  deps: WriteVisitsDeps,
): Promise<'removed' | 'updated' | 'unchanged'> {
  return commitAndPublish(deps, async (tx) => {
    // In the order in which an article is stored, so that neither waits for the other.
    await savePages(tx, [row]);
    const gone = await markGone(tx, due);
    if (!gone) return { result: 'unchanged' as const, messages: [] };
    const data = { unique_id: gone.uniqueId, version: gone.version };
    const result = gone.isMoved ? ('updated' as const) : ('removed' as const);
    return { result, messages: [{ topic: 'scraped', data, attributes: context.attributes }] };
  });
}
