import { canonicalUrl } from '../../shared/identity.ts';
import { type OpenListing, type OpenPage, openPage } from './detect.ts';
import { ListingBoundError } from './errors.ts';
import type { ListingItem, ListingPosition } from './extractors/extractor.ts';
import type { NewsFetcher } from './fetch/news-fetcher.ts';

export interface ListingStep extends OpenPage {
  /** Where this page begins: a later walk that starts here sees it again. */
  position: ListingPosition;
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

/**
 * The pages of a listing, from the one that is open already to the end. News that is published while it is read pushes
 * entries down, and they are seen twice; news that is taken down pulls entries up, out of the next page into one that was
 * read. So where pages are asked for by offset, each begins with the last entry of the one before; when that is not what
 * stands there, the walk goes back until it meets what it knows.
 *
 * @throws {ListingBoundError} after `maxPages`, and what a page throws that cannot be had.
 */
export async function* walkListing(
  sourceUrl: string,
  start: OpenListing & { position: ListingPosition },
  { fetcher, maxPages }: WalkDeps,
): AsyncGenerator<ListingStep> {
  const { extractor } = start;
  const seen = new Set<string>();
  const keyOf = ({ url }: ListingItem) => canonicalUrl(url) ?? url;

  /** @param entryCount of the page before: where it is one, there is nothing to join by. */
  async function open(next: ListingPosition, entryCount: number): Promise<OpenPage & { position: ListingPosition }> {
    if (extractor.paging === 'number' || entryCount < 2) {
      return { ...(await openPage(extractor, sourceUrl, next, fetcher)), position: next };
    }
    let position = { ...next, entryCount: next.entryCount - 1 };
    for (let steps = 0; ; steps++) {
      const page = await openPage(extractor, sourceUrl, position, fetcher);
      const [first] = page.listing.items;
      const isJoined = !first || seen.has(keyOf(first)) || position.entryCount === 0;
      if (isJoined || steps === MAX_STEPS_BACK) return { ...page, position };
      position = { ...position, entryCount: Math.max(0, position.entryCount - page.listing.entryCount) };
    }
  }

  let current: OpenPage & { position: ListingPosition } = start;
  let staleCount = 0;
  while (true) {
    const { listing, position } = current;
    const fresh = listing.items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
    yield { ...current, fresh };
    if (listing.isLast || listing.entryCount === 0) return;
    // A page without anything new was pushed down as a whole, or is the last one again, which some servers show beyond
    // the end: the second one in a row says which. One with the joint alone is the end.
    staleCount = listing.items.length > 0 && fresh.length === 0 ? staleCount + 1 : 0;
    if (staleCount === 2 || (staleCount === 1 && listing.entryCount === 1)) return;
    const pageCount = position.pageCount + 1;
    if (pageCount >= maxPages) throw new ListingBoundError(sourceUrl, pageCount);
    current = await open({ pageCount, entryCount: position.entryCount + listing.entryCount }, listing.entryCount);
  }
}
