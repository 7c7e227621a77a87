import { type Platform, platformOfHost } from '../../shared/platform.ts';
import { failureCategory, NotNewsError } from './errors.ts';
import { agenciaBrasil } from './extractors/agencia-brasil.ts';
import { classic } from './extractors/classic.ts';
import type { Extractor, ListingPage, ListingPosition } from './extractors/extractor.ts';
import { generic } from './extractors/generic/generic.ts';
import { tvBrasil } from './extractors/tv-brasil.ts';
import { volto } from './extractors/volto.ts';
import type { KeptPage, NewsFetcher } from './fetch/news-fetcher.ts';

/** A page that weighs more and lists nothing is a listing in a layout we do not know; a lighter one is just empty. */
export const EMPTY_PAGE_LENGTH = 5_000;
const PORTAL = 'www.gov.br';

export const extractors: Record<Platform, Extractor> = {
  classic,
  volto,
  'agencia-brasil': agenciaBrasil,
  'tv-brasil': tvBrasil,
  generic,
};

/** A page of a listing, as it came and as it was read. */
export interface OpenPage {
  kept: KeptPage;
  listing: ListingPage;
}

/** The engine that answered, with the page of its listing that was asked for. */
export interface OpenListing extends OpenPage {
  extractor: Extractor;
}

/** Reads one page of a listing. */
export async function openPage(
  extractor: Extractor,
  sourceUrl: string,
  position: ListingPosition,
  { get }: Pick<NewsFetcher, 'get'>,
): Promise<OpenPage> {
  const kept = await get(extractor.listingUrl(sourceUrl, position), extractor);
  return { kept, listing: extractor.parseListing(kept.page) };
}

/** @throws {NotNewsError} when the page lists nothing. */
async function openFirst(extractor: Extractor, sourceUrl: string, fetcher: Pick<NewsFetcher, 'get'>) {
  const open = await openPage(extractor, sourceUrl, { pageCount: 0, entryCount: 0 }, fetcher);
  if (open.listing.entryCount > 0) return { extractor, ...open };
  const { url, body } = open.kept.page;
  if (extractor.platform === 'volto') throw new NotNewsError(url, 'empty_content', 'its search finds nothing');
  throw body.length > EMPTY_PAGE_LENGTH
    ? new NotNewsError(url, 'html_changed', `${body.length} characters without an entry of any known layout`)
    : new NotNewsError(url, 'empty_content', `no entry in ${body.length} characters`);
}

/** The engines that may serve a source, the likeliest first. */
function candidates(sourceUrl: string, hint: Platform | undefined): Extractor[] {
  const { hostname } = new URL(sourceUrl);
  const fixed = platformOfHost(hostname);
  if (fixed) return [extractors[fixed]];
  const plone = hint === 'volto' ? [volto, classic] : [classic, volto];
  // A portal of Plone whose layout changed is no site of an unknown engine: its menus are not its news.
  if (hostname === PORTAL) return plone;
  return hint === 'generic' ? [generic, ...plone] : [...plone, generic];
}

/**
 * Finds out which engine serves a source and opens its listing. Sites of gov.br move from classic Plone to Volto
 * without notice: when the engine last seen there (`hint`) does not list anything, the next one is tried at once.
 *
 * @throws the failure of the engine that was expected, when none answers with a listing.
 */
export async function openListing(
  { sourceUrl, hint }: { sourceUrl: string; hint: Platform | undefined },
  fetcher: Pick<NewsFetcher, 'get'>,
): Promise<OpenListing> {
  const [expected, ...others] = candidates(sourceUrl, hint);
  let failure: unknown;
  try {
    return await openFirst(expected!, sourceUrl, fetcher);
  } catch (error) {
    if (!saysAnotherEngine(expected!, error)) throw error;
    failure = error;
  }
  for (const other of others) {
    try {
      return await openFirst(other, sourceUrl, fetcher);
    } catch (error) {
      // Nothing is known about this engine when its site did not answer as it does to browsers.
      if (/^(?:network_error|anti_bot)$/.test(failureCategory(error))) throw error;
    }
  }
  throw failure;
}

/** Only a page that arrived and lists nothing says that the engine is another one. */
function saysAnotherEngine({ platform }: Extractor, error: unknown): boolean {
  const category = failureCategory(error);
  if (category === 'html_changed' || category === 'empty_content') return true;
  // Where Volto is gone, its API answers with a login, an error status, or a page.
  return platform === 'volto' && (category === 'url_broken' || category === 'login_required' || category === 'unknown');
}
