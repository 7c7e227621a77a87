import { errorText } from '../../shared/errors.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { readRow } from './page-row.ts';
import { type DuePage, markRemoved, type PageRow, savePages, touchArticles } from './pages-sql.ts';
import type { Visit } from './revisit.ts';
import { storeArticle } from './store.ts';
import { missingIntervalMs, nextTry, nextVisit } from './visit-schedule.ts';

export interface WriteVisitsDeps extends OutboxDeps {
  revisitDays: number;
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
  const counts: VisitCounts = { revisited: visits.length, updated: 0, unchanged: 0, removed: 0, rejected: 0 };
  const at = deps.now();
  const rows: PageRow[] = [];
  const same: DuePage[] = [];
  for (const visit of visits) {
    const { due } = visit;
    switch (visit.kind) {
      case 'same':
        same.push(due);
        rows.push(visited(due, at, nextVisit(due.publishedAt, at, deps.revisitDays)));
        counts.unchanged += 1;
        break;
      case 'read': {
        const row = readRow(visit, due.sourceUrl, deps.revisitDays);
        const outcome = await storeArticle(visit.article, context, deps, row);
        counts[outcome === 'unchanged' ? 'unchanged' : 'updated'] += 1;
        break;
      }
      case 'missing':
        if (visit.counts) {
          const again = new Date(at.getTime() + missingIntervalMs);
          rows.push({ ...visited(due, at, again), missingVisits: due.missingVisits + 1 });
        }
        break;
      case 'gone':
        counts.removed += await remove(due, at, context, deps);
        break;
      case 'unreadable':
        counts.rejected += 1;
        await deps.reject(due.url, visit.error);
        rows.push({
          ...visited(due, at, nextTry(at)),
          extractorVersion: null,
          ...(visit.kept ? { bodySha256: visit.kept.sha256, rawPath: visit.kept.rawPath } : {}),
        });
        break;
      case 'unanswered':
        rows.push({ ...visited(due, due.visitedAt, nextTry(at)), missingVisits: due.missingVisits });
        break;
    }
  }
  await savePages(deps.db, rows);
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
  if (same.length > 0) {
    await touchArticles(
      deps.db,
      agencyKey,
      same.map(({ canonicalUrl }) => canonicalUrl),
      at,
    );
  }
  return counts;
}

/** The row after a visit that taught nothing new of the page. */
function visited(due: DuePage, visitedAt: Date, nextVisitAt: Date | null): PageRow {
  const { title, subtitle, editorialLead, content, ...row } = due;
  return { ...row, visitedAt, nextVisitAt, missingVisits: 0 };
}

/** Marks the article and tells search and the dataset, both by the chain. */
function remove(due: DuePage, at: Date, context: StageContext, deps: WriteVisitsDeps): Promise<number> {
  return commitAndPublish(deps, async (tx) => {
    // In the order in which an article is stored, so that neither waits for the other.
    await savePages(tx, [visited(due, at, null)]);
    const removed = await markRemoved(tx, due.agencyKey, due.canonicalUrl);
    if (!removed) return { result: 0, messages: [] };
    const data = { unique_id: removed.uniqueId, version: removed.version };
    return { result: 1, messages: [{ topic: 'scraped', data, attributes: context.attributes }] };
  });
}
