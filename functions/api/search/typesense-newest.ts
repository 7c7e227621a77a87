import type { DocumentAnswer, DocumentSearch } from '../../../shared/typesense-search.ts';
import type { Position } from './contract.ts';
import type { Ranked } from './typesense-articles.ts';

/** How far a page's end may have moved meanwhile to be found again. */
const driftGroups = 50;
const maxCopies = 10;

/** Documents by their date, one group for each text, with those around the end of the page before. */
export function newestSearch(limit: number, after: Position | undefined): DocumentSearch {
  return {
    q: '*',
    sort_by: 'published_at:desc',
    group_by: 'content_hash',
    group_limit: maxCopies + 1,
    group_missing_values: false,
    offset: windowStart(after),
    per_page: limit + 1 + (after ? 2 * driftGroups : 0),
    include_fields: 'id,published_at',
  };
}

/** A page of it: its results, and where it ends unless it is the last. */
export function readNewest(
  { grouped_hits: groups = [] }: DocumentAnswer,
  options: { limit: number; after: Position | undefined; asOf: number },
): { ranked: Ranked[]; next: Position | undefined } {
  const { limit, after, asOf } = options;
  const entries = groups.flatMap(({ hits }) => {
    const [first] = hits;
    return first ? [{ hit: first, ids: hits.map(({ document }) => document.id) }] : [];
  });
  const start = after ? startAfter(after, entries) : 0;
  const page = entries.slice(start, start + limit);
  const last = page.at(-1);
  const hasMore = entries.length > start + limit && last !== undefined;
  return {
    ranked: page.map(({ ids: [id, ...copies] }) => ({
      id: id!,
      copies,
      score: null,
    })),
    next: hasMore
      ? {
          asOf,
          ...(isOfPostgres(after) ? {} : { rank: windowStart(after) + start + limit }),
          publishedAt: (last.hit.document.published_at ?? 0) * 1000,
          uniqueId: last.hit.document.id,
        }
      : undefined,
  };
}

/** A page of Postgres came before, when this index was away: it knows the last article, not how many there were. */
export function isOfPostgres(after: Position | undefined): after is Position & { publishedAt: number } {
  return after !== undefined && after.rank === undefined && after.publishedAt !== undefined;
}

function windowStart(after: Position | undefined): number {
  return Math.max(0, (after?.rank ?? 0) - driftGroups);
}

/** Behind the result that ended the page before, wherever it is now; else at its place. */
function startAfter(after: Position, entries: readonly { ids: readonly string[] }[]): number {
  const end = entries.findIndex(({ ids }) => ids.includes(after.uniqueId ?? ''));
  return end >= 0 ? end + 1 : (after.rank ?? 0) - windowStart(after);
}
