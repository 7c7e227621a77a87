import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import type { DocumentVersion, DocumentVersions, PublicationSpan } from '../../shared/typesense-compare.ts';
import { addDays } from '../../shared/window.ts';
import { noteAnnounced, nudgesTo } from './announce-sql.ts';
import {
  countByDay,
  findIndexed,
  type IndexedArticle,
  listIndexed,
  markUnsynced,
  readComparison,
  readPublishedDays,
  saveComparison,
} from './compare-sql.ts';

/** A search index outside of Postgres. */
export interface ComparedIndex {
  /** As it stands on rows. */
  id: string;
  versions: DocumentVersions;
  remove(id: string): Promise<void>;
}

/** What a comparison found. Days are those of UTC. */
export interface CompareReport {
  /** First and last day that were compared; null when there is no article. */
  days: [string, string] | null;
  days_by_count: number;
  days_by_version: number;
  /** Documents that lacked. */
  missing: number;
  /** Documents of another version than the row says, or of a removed article. */
  stale: number;
  /** Documents without an article. */
  orphaned: number;
  /** Articles made pending again. */
  repaired: number;
  removed: number;
}

/** Days of one run: an archive of five years takes some twenty. */
const daysPerRun = 100;
/** Days whose counts agree are compared by version once in so many rounds. */
const deepRounds = 8;
/** A run ends when it found more than this; the next one goes on at the same day. */
const maxRepairs = 1000;
const daySeconds = 86_400;

interface Day {
  /** Since 1970 in UTC. */
  number: number;
  span: PublicationSpan;
}

/**
 * Compares the next days with an index: counts, then ids and versions of days whose counts differ, and of each day now
 * and then. What is missing, older or removed is made pending again, so that `sync` writes it under its lease; documents
 * without an article are deleted. Without any article nothing is deleted: that is a wrong database, not a wrong index.
 */
export async function compareIndex(
  index: ComparedIndex,
  context: StageContext,
  deps: OutboxDeps & { overdueMs: number },
  isOver: () => boolean,
): Promise<CompareReport> {
  const report: CompareReport = {
    days: null,
    days_by_count: 0,
    days_by_version: 0,
    missing: 0,
    stale: 0,
    orphaned: 0,
    repaired: 0,
    removed: 0,
  };
  const published = await readPublishedDays(deps.db);
  if (!published) return report;
  const known = await readComparison(deps.db, index.id);
  let round = known?.round ?? 0;
  let start = known?.nextDay ?? published.first;
  if (start > published.last) round++;
  if (start > published.last || start < published.first) start = published.first;
  const days = listDays(start, published);
  const counts = await countByDay(deps.db, { from: days[0]!.span.from, to: days.at(-1)!.span.to });
  const shown = await index.versions.count(days.map(({ span }) => span));
  report.days_by_count = days.length;
  let compared = 0;
  for (const [position, { number, span }] of days.entries()) {
    if (isOver() || report.repaired + report.removed >= maxRepairs) break;
    if (shown[position] !== (counts.get(number) ?? 0) || (number + round) % deepRounds === 0) {
      report.days_by_version++;
      if (!(await compareDay(span, index, context, deps, report))) break;
    }
    compared++;
  }
  const next = addDays(start, compared);
  report.days = [start, addDays(start, Math.max(0, compared - 1))];
  await saveComparison(deps.db, index.id, { nextDay: next, round });
  return report;
}

/** The first and the last day of the archive are open: nothing may lie outside of them. */
function listDays(start: string, published: { first: string; last: string }): Day[] {
  const days: Day[] = [];
  for (let day = start; day <= published.last && days.length < daysPerRun; day = addDays(day, 1)) {
    const number = Date.parse(`${day}T00:00:00Z`) / 1000 / daySeconds;
    const from = day === published.first ? undefined : number * daySeconds;
    const to = day === published.last ? undefined : (number + 1) * daySeconds;
    days.push({ number, span: { from, to } });
  }
  return days;
}

/** False when the day has more to repair than one run does. */
async function compareDay(
  span: PublicationSpan,
  index: ComparedIndex,
  context: StageContext,
  deps: OutboxDeps & { overdueMs: number },
  report: CompareReport,
): Promise<boolean> {
  // Rows first: a document that is written meanwhile is newer than its row then, which is no fault.
  const articles = new Map((await listIndexed(deps.db, span, index.id)).map((article) => [article.id, article]));
  const documents = new Map((await index.versions.list(span)).map((document) => [document.id, document.version]));
  const elsewhere = [...documents.keys()].filter((id) => !articles.has(id));
  const wrong: DocumentVersion[] = [];
  if (elsewhere.length > 0) {
    for (const article of await findIndexed(deps.db, elsewhere, index.id)) articles.set(article.id, article);
  }
  for (const article of articles.values()) {
    const version = documents.get(article.id) ?? 0;
    if (!isWrong(article, version)) continue;
    report[version === 0 ? 'missing' : 'stale']++;
    wrong.push({ id: article.id, version });
  }
  const orphans = elsewhere.filter((id) => !articles.has(id));
  report.orphaned += orphans.length;
  report.repaired += await repair(wrong.slice(0, maxRepairs), index.id, context, deps);
  for (const id of orphans.slice(0, maxRepairs)) {
    await index.remove(id);
    report.removed++;
  }
  return wrong.length <= maxRepairs && orphans.length <= maxRepairs;
}

function isWrong({ version, syncedVersion, isRemoved }: IndexedArticle, shown: number): boolean {
  if (syncedVersion === 0) return false;
  if (isRemoved) return shown > 0 && syncedVersion === version;
  return shown < syncedVersion || shown > version;
}

async function repair(
  wrong: readonly DocumentVersion[],
  index: string,
  context: StageContext,
  deps: OutboxDeps & { overdueMs: number },
): Promise<number> {
  if (wrong.length === 0) return 0;
  return await commitAndPublish(deps, async (tx) => {
    const marked = await markUnsynced(tx, wrong, index);
    await noteAnnounced(tx, 'sync', marked, deps.overdueMs);
    return { result: marked.length, messages: nudgesTo('sync', marked, context) };
  });
}
