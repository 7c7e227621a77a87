import { type DocumentAnswer, type DocumentSearch, maxHits } from '../../../shared/typesense-search.ts';
import type { Position, SearchQuery } from './contract.ts';
import { joined, publishedUntil } from './typesense-filter.ts';
import { type Dated, newestFirst, placeOf, positionAt, secondsOf } from './typesense-order.ts';
import type { FindDeps, Page, Scope } from './typesense-page.ts';
import { maxCopies } from './typesense-relevance.ts';

/** How far a page's end may have moved meanwhile to be found again at once. */
const driftGroups = 50;

/** A text in the listing: its newest article, and the others. */
interface Entry {
  first: Dated;
  copies: string[];
}

/** A stretch of the listing as the server has it: by seconds. */
interface Window {
  /** Rank of the first entry. */
  start: number;
  entries: readonly Entry[];
  /** Whether the listing ends with it. */
  isLast: boolean;
}

/** A page of the documents that have the words, or of all, the newest first; one entry for each text. */
export async function findNewest(
  { limit, after }: SearchQuery,
  words: DocumentSearch | undefined,
  { conditions, facets, asOf }: Scope,
  { search, deadline }: FindDeps,
): Promise<Page> {
  const listing = {
    q: '*',
    ...words,
    ...joined([...conditions, ...(isOfPostgres(after) ? [publishedUntil(after.publishedAt)] : [])]),
    sort_by: 'published_at:desc',
    group_by: 'content_hash',
    group_limit: maxCopies + 1,
    group_missing_values: false,
    include_fields: 'id,published_at',
  };
  const windowOf = (offset: number, count: number) => ({ ...listing, offset, per_page: count });
  const start = Math.max(0, (after?.rank ?? 0) - driftGroups);
  const count = limit + 1 + (after ? 2 * driftGroups : 0);
  // Of a search that groups, the server counts the groups; of one that goes on from a date, what is left.
  const counting = { q: '*', ...words, ...joined(conditions), per_page: 0, ...facets.request };
  const isCounted = facets.fields.length > 0 || isOfPostgres(after);
  const [groups, counts] = await search([windowOf(start, count), ...(isCounted ? [counting] : [])], deadline);

  const read = async (offset: number, size: number) =>
    entriesOf((await search([windowOf(offset, size)], deadline))[0]!);
  const entries = entriesOf(groups!);
  const window = await widen({ start, entries, isLast: entries.length < count }, placeOf(after), limit, read);
  return {
    ...pageOf(window, { limit, after, asOf }),
    total: { count: counts?.found ?? groups!.found_docs ?? groups!.found, is_exact: true },
    facets: counts ? facets.read(counts) : {},
  };
}

/** Until all articles are known that were published in the seconds in which the page begins and ends. */
async function widen(
  { start, entries, isLast }: Window,
  place: Dated | undefined,
  limit: number,
  read: (offset: number, count: number) => Promise<Entry[]>,
): Promise<Window> {
  if (start > 0 && place && !entries.some(({ first }) => secondsOf(first) > secondsOf(place))) {
    const from = Math.max(0, start - maxHits);
    const before = await read(from, start - from);
    return await widen({ start: from, entries: distinct([...before, ...entries]), isLast }, place, limit, read);
  }
  const page = behind(entries, place).slice(0, limit);
  const end = page.length === limit ? secondsOf(page.at(-1)!.first) : Number.NEGATIVE_INFINITY;
  if (isLast || entries.some(({ first }) => secondsOf(first) < end)) return { start, entries, isLast };
  const more = await read(start + entries.length, maxHits);
  const wider = { start, entries: distinct([...entries, ...more]), isLast: more.length < maxHits };
  return await widen(wider, place, limit, read);
}

function pageOf(
  { start, entries }: Window,
  { limit, after, asOf }: { limit: number; after: Position | undefined; asOf: number },
): Pick<Page, 'ranked' | 'next'> {
  const left = behind(entries, placeOf(after));
  const page = left.slice(0, limit);
  const last = page.at(-1);
  const rank = start + entries.length - left.length + page.length;
  return {
    ranked: page.map(({ first, copies }) => ({ id: first.id, copies, score: null })),
    next:
      last && left.length > limit
        ? { ...positionAt(last.first, asOf), ...(isOfPostgres(after) ? {} : { rank }) }
        : undefined,
  };
}

/** In order. */
function behind(entries: readonly Entry[], place: Dated | undefined): Entry[] {
  return entries
    .filter(({ first }) => !place || newestFirst(first, place) > 0)
    .sort((a, b) => newestFirst(a.first, b.first));
}

function entriesOf({ grouped_hits: groups = [] }: DocumentAnswer): Entry[] {
  return groups.flatMap(({ hits }) => {
    const [first, ...copies] = hits.map(({ document }) => document).sort(newestFirst);
    return first ? [{ first, copies: copies.map(({ id }) => id) }] : [];
  });
}

/** What came or went between two reads moves the others. */
function distinct(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry.first.id, entry])).values()];
}

/** A page of Postgres came before, when this index was away: it knows the last article, not how many there were. */
function isOfPostgres(after: Position | undefined): after is Position & { publishedAt: number } {
  return after !== undefined && after.rank === undefined && after.publishedAt !== undefined;
}
