import { canonicalUrl } from '../../shared/identity.ts';
import { type OpenListing, type OpenPage, openPage } from './detect.ts';
import { ListingBoundError, NotNewsError } from './errors.ts';
import type { Extractor, ListingItem, ListingPosition } from './extractors/extractor.ts';
import type { NewsFetcher } from './fetch/news-fetcher.ts';

/** A page of a listing, with where it begins: a later walk that starts here sees it again. */
export interface PlacedPage extends OpenPage {
  position: ListingPosition;
}

export interface ListingStep extends PlacedPage {
  /** Items that no earlier page of this walk had. */
  fresh: ListingItem[];
}

export interface WalkDeps {
  fetcher: Pick<NewsFetcher, 'get'>;
  /** Pages that are read at most, those before the start included. */
  maxPages: number;
}

/** Pages that a step goes back at most to find where the last one ended. */
const MAX_STEPS_BACK = 3;
/** How far it goes back where the page before is not known: no page of a site is longer. */
const STEP_BACK = 25;

/** What an item is known by on all pages. */
export function keyOf({ url }: Pick<ListingItem, 'url'>): string {
  return canonicalUrl(url) ?? url;
}

/**
 * Opens a listing where an earlier walk stopped. News that was taken down since has pulled entries up into what was
 * read: so the page is looked for that still shows the last item before.
 */
export function openAt(
  extractor: Extractor,
  sourceUrl: string,
  position: ListingPosition,
  fetcher: Pick<NewsFetcher, 'get'>,
): Promise<PlacedPage> {
  const { after } = position;
  const isSeen = after === undefined ? undefined : (item: ListingItem) => keyOf(item) === after;
  return openJoined({ extractor, sourceUrl, fetcher }, position, STEP_BACK, isSeen);
}

/**
 * The pages of a listing, from the one that is open already to the end. News that is published while it is read pushes
 * entries down, and they are seen twice; news that is taken down pulls entries up, out of the next page into one that was
 * read. So where pages are asked for by offset, each begins with the last item of the one before; when a page shows
 * nothing that was seen, the walk goes back until it meets what it knows.
 *
 * @throws {ListingBoundError} after `maxPages`, and what a page throws that cannot be had.
 */
export async function* walkListing(
  sourceUrl: string,
  start: OpenListing & { position: ListingPosition },
  { fetcher, maxPages }: WalkDeps,
): AsyncGenerator<ListingStep> {
  const { extractor } = start;
  const seen = new Set<string>(start.position.after === undefined ? [] : [start.position.after]);
  let current: PlacedPage = start;
  let staleCount = 0;
  while (true) {
    const { listing, position } = current;
    const { items, entryCount, lastItemIndex = null } = listing;
    const fresh = items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
    yield { ...current, fresh };
    if (listing.isLast || entryCount === 0) return;
    // A page without anything new was pushed down as a whole, or is the last one again, which some servers show beyond
    // the end: the second one in a row says which. One with the joint alone is the end.
    staleCount = items.length > 0 && fresh.length === 0 ? staleCount + 1 : 0;
    if (staleCount === 2 || (staleCount === 1 && entryCount === 1)) return;
    const pageCount = position.pageCount + 1;
    if (pageCount >= maxPages) throw new ListingBoundError(sourceUrl, pageCount);
    // Where no news stands behind the first entry of a page, a join would ask for the same page again; and where a joint
    // has led back to what is known, it is shown under another address each time.
    const isJoinable = extractor.paging === 'offset' && lastItemIndex !== null && lastItemIndex > 0 && staleCount === 0;
    const next: ListingPosition = {
      pageCount,
      entryCount: position.entryCount + (isJoinable ? lastItemIndex : entryCount),
      after: isJoinable ? keyOf(items.at(-1)!) : undefined,
    };
    const isSeen = isJoinable ? (item: ListingItem) => seen.has(keyOf(item)) : undefined;
    current = await openJoined({ extractor, sourceUrl, fetcher }, next, entryCount, isSeen);
  }
}

interface Listing {
  extractor: Extractor;
  sourceUrl: string;
  fetcher: Pick<NewsFetcher, 'get'>;
}

/**
 * A page that has something of what was seen, so that nothing lies between: the one at `position`, or one before it.
 *
 * @param isSeen unless given, the page is taken as it is.
 * @throws {NotNewsError} when it lists nothing although the listing goes on there: another page came in its place.
 */
async function openJoined(
  { extractor, sourceUrl, fetcher }: Listing,
  position: ListingPosition,
  stepBack: number,
  isSeen: ((item: ListingItem) => boolean) | undefined,
): Promise<PlacedPage> {
  let at = position;
  let emptyAt: number | undefined;
  for (let steps = 0; ; steps++) {
    const page = await openPage(extractor, sourceUrl, at, fetcher);
    const { items, entryCount } = page.listing;
    if (extractor.paging === 'number') return { ...page, position: at };
    if (entryCount === 0) emptyAt ??= at.entryCount;
    const isJoined = entryCount > 0 && (isSeen === undefined || at.entryCount === 0 || items.some(isSeen));
    const endsAt = at.entryCount + entryCount;
    if (isJoined && (emptyAt === undefined || endsAt <= emptyAt)) {
      // What lies between is not known: the walk goes on to see it.
      return { ...page, listing: { ...page.listing, isLast: page.listing.isLast || endsAt === emptyAt }, position: at };
    }
    if (emptyAt !== undefined && (isJoined || steps === MAX_STEPS_BACK || at.entryCount === 0)) {
      const { url, body } = page.kept.page;
      throw new NotNewsError(
        url,
        'html_changed',
        `${body.length} characters without an entry, where the listing goes on`,
      );
    }
    if (steps === MAX_STEPS_BACK) return { ...page, position: at };
    // A page that lists nothing is the end when the one before it says so, which has to reach over its offset.
    const back = Math.max(stepBack, entryCount) - (emptyAt === undefined ? 0 : 1);
    at = { ...at, entryCount: Math.max(0, at.entryCount - Math.max(1, back)) };
  }
}
