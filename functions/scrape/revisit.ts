import type { ScrapedArticle } from '../../shared/article.ts';
import { forEachConcurrently } from './concurrently.ts';
import { AntiBotError, BrokenUrlError, failureCategory, HeldError, RateLimitedError } from './errors.ts';
import type { Extractor, ListingItem } from './extractors/extractor.ts';
import type { KeptPage, NewsFetcher } from './fetch/news-fetcher.ts';
import { listedOf } from './page-row.ts';
import type { DuePage } from './pages-sql.ts';
import { type ReadArticle, toScrapedArticle } from './read/read-article.ts';
import { missingIntervalMs } from './visit-schedule.ts';

/** What a visit to a known page found. Nothing is written before all of a run have been judged together. */
export type Visit =
  | { kind: 'same'; due: DuePage }
  | ({ kind: 'read'; due: DuePage; textChanged: boolean; halved: boolean } & ReadArticle)
  /** 404: gone when it stays so. `counts` unless the last such visit is less than a day ago. */
  | { kind: 'missing'; due: DuePage; counts: boolean }
  /** 410, or 404 for the third time. */
  | { kind: 'gone'; due: DuePage; isNew: boolean }
  | { kind: 'unreadable'; due: DuePage; error: Error; kept: KeptPage | null }
  /** No answer, or a login: it says nothing of the article. */
  | { kind: 'unanswered'; due: DuePage; error: Error };

export interface RevisitDeps {
  agencyKey: string;
  extractor: Extractor;
  fetcher: NewsFetcher;
  /** What the first page of the listing carries whole needs no request. */
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
 * Asks known pages again: with what the server gave to ask by, else the bodies are compared. Ends at a challenge: the
 * rest would be turned away too, and stays due.
 *
 * @throws {RateLimitedError} when the site asks us to stop.
 */
export async function revisit(due: readonly DuePage[], deps: RevisitDeps): Promise<Visit[]> {
  const whole = new Map(deps.listed.items.filter((item) => item.readArticle).map((item) => [item.url, item]));
  const visits: Visit[] = [];
  let isTurnedAway = false;
  await forEachConcurrently(due, deps.concurrency, async (page) => {
    if (isTurnedAway || deps.isOver()) return;
    const found = await visit(page, whole.get(page.url), deps);
    isTurnedAway ||= found.kind === 'unanswered' && found.error instanceof AntiBotError;
    visits.push(found);
  });
  return visits;
}

async function visit(due: DuePage, item: ListingItem | undefined, deps: RevisitDeps): Promise<Visit> {
  const { extractor, fetcher, now, agencyKey } = deps;
  const extractedAt = now();
  let kept: KeptPage | null = null;
  try {
    const address = extractor.articleUrl(due.url.replace(/^http:/, 'https:'));
    kept = item ? deps.listed.kept : await fetcher.getIfChanged(address, extractor, due);
    if (!kept) return { kind: 'same', due };
    const extracted = item?.readArticle?.() ?? extractor.parseArticle(kept.page, due.url);
    const listed = item ?? listedOf(due);
    const article = toScrapedArticle(extracted, listed, { agencyKey, extractedAt });
    return { kind: 'read', due, kept, article, listed, extractor, ...compare(due, article) };
  } catch (error) {
    if (error instanceof RateLimitedError || !(error instanceof Error)) throw error;
    if (error instanceof BrokenUrlError && error.status === 410) return { kind: 'gone', due, isNew: true };
    if (error instanceof BrokenUrlError && error.status === 404) return missing(due, extractedAt);
    const category = failureCategory(error);
    return category === 'html_changed' || category === 'empty_content'
      ? { kind: 'unreadable', due, error, kept }
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

const MAX_SHARE = 0.05;
const MIN_COUNT = 5;

/**
 * The breaker: when many known articles vanish, halve or change at once, it is not they but their site that changed.
 *
 * @throws {HeldError} when more than 5 %, and at least 5, of the pages that answered did.
 */
export function judgeVisits(visits: readonly Visit[], sourceUrl: string): void {
  const answered = visits.filter(({ kind }) => kind !== 'unanswered');
  const count = (isSo: (visit: Visit) => boolean) => answered.filter(isSo).length;
  const vanished = count(
    (visit) => (visit.kind === 'missing' && visit.due.missingVisits === 0) || (visit.kind === 'gone' && visit.isNew),
  );
  const unreadable = count(({ kind }) => kind === 'unreadable');
  const halved = count((visit) => visit.kind === 'read' && visit.halved);
  const changed = count((visit) => visit.kind === 'read' && visit.textChanged && !visit.halved);
  const odd = vanished + unreadable + halved + changed;
  if (odd < MIN_COUNT || odd <= MAX_SHARE * answered.length) return;
  throw new HeldError(
    sourceUrl,
    `of ${answered.length} known articles ${vanished} vanished, ${unreadable} cannot be read, ${halved} halved, ${changed} changed`,
  );
}
