import type { ScrapedArticle } from '../../../shared/article.ts';
import type { Database } from '../../../shared/database.ts';
import { errorText, PermanentError } from '../../../shared/errors.ts';
import type { OutboxDeps } from '../../../shared/outbox.ts';
import type { Platform } from '../../../shared/platform.ts';
import { closeFailures } from '../../../shared/sql/quarantine.ts';
import type { StageContext } from '../../../shared/stage-context.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { Extractor } from '../extractors/extractor.ts';
import { MissingRawPageError } from '../raw-store/errors.ts';
import type { RawStore } from '../raw-store/raw-store.ts';
import { storeArticle } from '../store.ts';
import { differences } from './diff.ts';
import { createRawReader, isPageFailure, type RawReader } from './read.ts';
import {
  countDifferences,
  countOutcome,
  countProblem,
  countText,
  type ReextractOutcome,
  type ReextractReport,
} from './report.ts';
import { markReread, type RawArticlePage, type RereadMark } from './sql.ts';

export interface RereadDeps extends OutboxDeps {
  rawStore: Pick<RawStore, 'read'>;
  extractors: Readonly<Record<Platform, Extractor>>;
}

/** What a batch counts into, and how it is worked on. */
export interface RereadOptions {
  report: ReextractReport;
  context: StageContext;
  /** Compares, and writes nothing. */
  isDryRun: boolean;
  signal?: AbortSignal | undefined;
}

/** What is written at the end of a batch. */
interface Work extends RereadOptions {
  marks: RereadMark[];
  /** Canonical URLs of pages that could not be read before. */
  recovered: string[];
}

const concurrency = 4;

/** The visit that brought a page is no longer the last one. */
class VisitedMeanwhileError extends Error {}

/** Reads pages again. Articles are stored one by one, each with the mark of its page; the other marks at the end. */
export async function rereadBatch(
  pages: readonly RawArticlePage[],
  options: RereadOptions,
  deps: RereadDeps,
): Promise<void> {
  const work: Work = { ...options, marks: [], recovered: [] };
  // A listing that carried several articles is read once for those of the batch.
  const groups = Map.groupBy(pages, ({ platform, rawPath }) => `${platform} ${rawPath}`);
  await forEachConcurrently(groups.values(), concurrency, async (group) => {
    work.signal?.throwIfAborted();
    await rereadGroup(group, work, deps);
  });
  if (work.isDryRun) return;
  await deps.db.transaction(async (tx) => {
    const standing = new Set(await markReread(tx, work.marks));
    const recovered = work.recovered.filter((url) => standing.has(url));
    if (recovered.length > 0) await closeFailures(tx, 'scrape', recovered);
  });
}

/** Reads one raw page for the rows that name it. */
async function rereadGroup(group: readonly RawArticlePage[], work: Work, deps: RereadDeps): Promise<void> {
  const { report } = work;
  const { rawPath, platform } = group[0]!;
  const extractor = deps.extractors[platform as Platform];
  let read: RawReader;
  try {
    read = createRawReader(await deps.rawStore.read(rawPath), extractor);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const outcome = error instanceof MissingRawPageError ? 'missing' : 'failed';
    for (const { url } of group) countProblem(report, { url, outcome, reason: errorText(error) }, deps.log);
    return;
  }
  for (const page of group) {
    const { agencyKey, canonicalUrl, visitedAt } = page;
    const mark: RereadMark = {
      agencyKey,
      canonicalUrl,
      rawPath,
      visitedAt,
      extractorVersion: extractor.version,
      publishedAt: null,
    };
    if (page.isStored && page.isSuperseded) {
      work.marks.push(mark);
      countOutcome(report, 'superseded');
      continue;
    }
    let article: ScrapedArticle;
    try {
      article = read(page);
    } catch (error) {
      const isFault = !isPageFailure(error);
      if (!isFault) work.marks.push({ ...mark, extractorVersion: null });
      const outcome = isFault ? 'failed' : page.extractorVersion === null ? 'still_unreadable' : 'unreadable';
      countProblem(report, { url: page.url, outcome, reason: errorText(error) }, deps.log);
      continue;
    }
    try {
      countOutcome(report, await take(page, article, mark, work, deps));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      countProblem(report, { url: page.url, outcome: 'failed', reason: errorText(error) }, deps.log);
    }
  }
}

/** Compares an article with what is stored of it, and stores it where that differs. */
async function take(
  page: RawArticlePage,
  article: ScrapedArticle,
  mark: RereadMark,
  work: Work,
  deps: RereadDeps,
): Promise<ReextractOutcome> {
  // The day of a visit is no date of the article: the first such day stays.
  if (article.publishedAtSource !== 'first-seen' || page.publishedAt === null) mark.publishedAt = article.publishedAt;
  if (!page.isStored && page.publishedAt !== null) {
    work.marks.push(mark);
    return 'not_stored';
  }
  const found = page.isStored ? differences(page, article) : [];
  if (page.isStored) {
    countText(work.report, page.platform as Platform, page.content ?? '', article.content);
    if (found.length === 0) {
      work.marks.push(mark);
      if (page.extractorVersion === null) work.recovered.push(page.canonicalUrl);
      return 'same';
    }
  }
  if (!work.isDryRun) {
    try {
      const outcome = await storeArticle(article, work.context, { ...deps, db: guarded(deps.db, mark) });
      if (outcome === 'unchanged') return 'same';
    } catch (error) {
      if (error instanceof VisitedMeanwhileError) return 'visited_meanwhile';
      throw error;
    }
  }
  countDifferences(work.report, page.url, found);
  return page.isStored ? 'changed' : 'new';
}

/** Its transactions begin with the mark of a page, and end there when that is no longer the newest. */
function guarded(db: Database, mark: RereadMark): Database {
  return {
    ...db,
    transaction: (work) =>
      db.transaction(async (tx) => {
        const standing = await markReread(tx, [mark]);
        if (standing.length === 0) throw new VisitedMeanwhileError();
        return await work(tx);
      }),
  };
}
