import type { ScrapedArticle } from '../../shared/article.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import { forEachConcurrently } from './concurrently.ts';
import { AntiBotError, BrokenUrlError, failureCategory, HeldError, RateLimitedError } from './errors.ts';
import type { Extractor, ListingItem } from './extractors/extractor.ts';
import type { KeptPage, NewsFetcher } from './fetch/news-fetcher.ts';
import { listedOf } from './page-row.ts';
import type { DuePage } from './pages-sql.ts';
import { articleAddress, markOf, type PageMark, type ReadArticle, readArticle } from './read/read-article.ts';
import { missingIntervalMs } from './visit-schedule.ts';

/** What a visit to a known page found. Nothing is written before all of a run have been judged together. */
export type Visit =
  | { kind: 'same'; due: DuePage }
  | ({ kind: 'read'; due: DuePage; textChanged: boolean; halved: boolean } & ReadArticle)
  /** 404: gone when it stays so. `counts` unless the last such visit is less than a day ago. */
  | { kind: 'missing'; due: DuePage; counts: boolean }
  /** 410, or 404 for the third time. */
  | { kind: 'gone'; due: DuePage; isNew: boolean }
  | { kind: 'unreadable'; due: DuePage; error: Error; mark: PageMark | null }
  /** No answer, or a login: it says nothing of the article. */
  | { kind: 'unanswered'; due: DuePage; error: Error };

export interface RevisitDeps {
  agencyKey: string;
  extractor: Extractor;
  fetcher: NewsFetcher;
  /** What the first page of the listing carries whole needs no request, and what it shows is not gone. */
  listed: { items: readonly ListingItem[]; kept: KeptPage };
  now(): Date;
  /** Whether the time of the run is used up: what is left stays due. */
  isOver(): boolean;
  concurrency: number;
}

const VISITS_UNTIL_GONE = 3;
/** Visits a day apart, with room for schedules that are a little early. */
const MISSING_AGAIN_MS = 0.9 * missingIntervalMs;

/**
 * Asks known pages again, in their order: with what the server gave to ask by, else the bodies are compared. Ends early
 * when time is up, at a challenge, and when the site asks us to stop: the rest would be turned away too, and stays due.
 */
export async function revisit(
  due: readonly DuePage[],
  deps: RevisitDeps,
): Promise<{ visits: Visit[]; turnedAwayBy: Error | undefined }> {
  const listed = new Map(deps.listed.items.map((item) => [canonicalUrl(item.url), item]));
  const visits: Visit[] = [];
  let turnedAwayBy: Error | undefined;
  let begun = 0;
  await forEachConcurrently(due, deps.concurrency, async (page) => {
    // Each message gets one article further, whatever its time.
    if (turnedAwayBy || (begun > 0 && deps.isOver())) return;
    begun += 1;
    const found = await visit(page, listed.get(page.canonicalUrl), deps);
    if (found.kind === 'unanswered') {
      if (found.error instanceof AntiBotError || found.error instanceof RateLimitedError) turnedAwayBy ??= found.error;
      if (found.error instanceof RateLimitedError) return;
    }
    visits.push(found);
  });
  return { visits, turnedAwayBy };
}

async function visit(due: DuePage, item: ListingItem | undefined, deps: RevisitDeps): Promise<Visit> {
  const { extractor, fetcher, now, agencyKey } = deps;
  const extractedAt = now();
  let mark: PageMark | null = null;
  try {
    const whole = item?.readArticle ? item : undefined;
    const kept = whole ? deps.listed.kept : await fetcher.getIfChanged(articleAddress(due, extractor), extractor, due);
    if (!kept) return { kind: 'same', due };
    mark = markOf(kept);
    const listed = whole ?? listedOf(due);
    const article = readArticle(kept.page, listed, { extractor, agencyKey, extractedAt });
    return { kind: 'read', due, mark, article, listed, extractor, ...compare(due, article) };
  } catch (error) {
    if (!(error instanceof Error && 'category' in error)) throw error;
    const status = error instanceof BrokenUrlError ? error.status : null;
    if (status === 410) return { kind: 'gone', due, isNew: true };
    // What its own site still announces is not gone: a portal that is being moved, or a mistake of theirs.
    if (status === 404) return item ? { kind: 'unanswered', due, error } : missing(due, extractedAt);
    const category = failureCategory(error);
    return category === 'html_changed' || category === 'empty_content'
      ? { kind: 'unreadable', due, error, mark }
      : { kind: 'unanswered', due, error };
  }
}

function missing(due: DuePage, at: Date): Visit {
  const counts = due.missingVisits === 0 || at.getTime() - due.visitedAt.getTime() >= MISSING_AGAIN_MS;
  const isGone = counts && due.missingVisits + 1 >= VISITS_UNTIL_GONE;
  return isGone ? { kind: 'gone', due, isNew: false } : { kind: 'missing', due, counts };
}

function compare(due: DuePage, article: ScrapedArticle) {
  const before = due.content ?? '';
  const textChanged =
    article.title !== due.title ||
    article.subtitle !== due.subtitle ||
    article.editorialLead !== due.editorialLead ||
    article.content !== before;
  return { textChanged, halved: article.content.length < before.length / 2 };
}

/** Whether an article vanished, halved or became unreadable by this visit, which articles do not do in numbers. */
export function isOdd(visit: Visit): boolean {
  switch (visit.kind) {
    case 'missing':
      return visit.due.missingVisits === 0;
    case 'gone':
      return visit.isNew;
    case 'unreadable':
      return visit.due.extractorVersion !== null;
    case 'read':
      return visit.halved;
    default:
      return false;
  }
}

const MAX_SHARE = 0.05;
const MIN_COUNT = 5;

/** Articles of a source that were visited lately, and those of them that were odd (`isOdd`). */
export interface RecentVisits {
  visited: number;
  odd: number;
}

/**
 * The breaker: when many known articles vanish, halve or change at once, it is not they but their site that changed. A
 * site that empties little by little, a few with every run, is caught by what was odd within a day.
 *
 * @param recent of earlier runs.
 * @throws {HeldError} when more than 5 %, and at least 5, of the pages that answered did.
 */
export function judgeVisits(visits: readonly Visit[], recent: RecentVisits, sourceUrl: string): void {
  const answered = visits.filter(({ kind }) => kind !== 'unanswered');
  const odd = answered.filter(isOdd).length;
  const changed = answered.filter((visit) => visit.kind === 'read' && isEdited(visit)).length;
  if (isTooMany(odd + changed, answered.length)) {
    throw new HeldError(
      sourceUrl,
      `of ${answered.length} known articles ${odd} vanished, halved or cannot be read any more, ${changed} changed`,
    );
  }
  if (odd > 0 && isTooMany(odd + recent.odd, answered.length + recent.visited)) {
    throw new HeldError(
      sourceUrl,
      `of ${answered.length + recent.visited} known articles visited within a day ${odd + recent.odd} vanished, halved or cannot be read any more`,
    );
  }
}

function isTooMany(count: number, of: number): boolean {
  return count >= MIN_COUNT && count > MAX_SHARE * of;
}

/** Another engine of the site, or another extractor of ours, reads the same text a little differently. */
function isEdited({ textChanged, halved, due, extractor }: Visit & { kind: 'read' }): boolean {
  const isReadAlike = due.platform === extractor.platform && due.extractorVersion === extractor.version;
  return textChanged && !halved && isReadAlike;
}
