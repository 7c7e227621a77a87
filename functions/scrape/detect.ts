import type { Platform } from '../../shared/platform.ts';
import { failureCategory, NotNewsError } from './errors.ts';
import { agenciaBrasil } from './extractors/agencia-brasil.ts';
import { classic } from './extractors/classic.ts';
import type { Extractor, ListingPage } from './extractors/extractor.ts';
import { tvBrasil } from './extractors/tv-brasil.ts';
import { volto } from './extractors/volto.ts';
import { fetchNews } from './judge-page.ts';
import type { FetchPage } from './page.ts';

/** A page that weighs more and lists nothing is a listing in a layout we do not know; a lighter one is just empty. */
const EMPTY_PAGE_LENGTH = 5_000;

const BY_HOST: Record<string, Extractor> = {
  'agenciabrasil.ebc.com.br': agenciaBrasil,
  'tvbrasil.ebc.com.br': tvBrasil,
};

/** The engine that answered, with the first page of its listing. */
export interface OpenListing {
  extractor: Extractor;
  firstPage: ListingPage;
}

async function open(extractor: Extractor, sourceUrl: string, fetchPage: FetchPage): Promise<OpenListing> {
  const url = extractor.listingUrl(sourceUrl, { pageCount: 0, entryCount: 0 });
  const page = await fetchNews(fetchPage, url, extractor.accept);
  const firstPage = extractor.parseListing(page);
  if (firstPage.entryCount > 0) return { extractor, firstPage };
  if (extractor.platform === 'volto') throw new NotNewsError(page.url, 'empty_content', 'its search finds nothing');
  const { length } = page.body;
  throw length > EMPTY_PAGE_LENGTH
    ? new NotNewsError(page.url, 'html_changed', `${length} characters without an entry of any known layout`)
    : new NotNewsError(page.url, 'empty_content', `no entry in ${length} characters`);
}

/**
 * Finds out which engine serves a source and opens its listing. Sites of gov.br move from classic Plone to Volto
 * without notice: when the engine last seen there (`hint`) does not list anything, the other one is tried at once.
 *
 * @throws the failure of the engine that was expected, when neither answers with a listing.
 */
export async function openListing(
  { sourceUrl, hint }: { sourceUrl: string; hint: Platform | undefined },
  fetchPage: FetchPage,
): Promise<OpenListing> {
  const fixed = BY_HOST[new URL(sourceUrl).hostname];
  if (fixed) return open(fixed, sourceUrl, fetchPage);
  const [expected, other] = hint === 'volto' ? [volto, classic] : [classic, volto];
  try {
    return await open(expected, sourceUrl, fetchPage);
  } catch (error) {
    // Only a page that arrived and lists nothing says that the engine is another one.
    const category = failureCategory(error);
    if (category !== 'html_changed' && category !== 'empty_content' && !isNoApi(expected, category)) throw error;
    return open(other, sourceUrl, fetchPage).catch((otherError: unknown) => {
      // Nothing is known about the other engine when its site did not answer as it does to browsers.
      throw /^(?:network_error|anti_bot)$/.test(failureCategory(otherError)) ? otherError : error;
    });
  }
}

/** Where Volto is gone, its API answers with a login, an error status, or a page. */
function isNoApi(expected: Extractor, category: string): boolean {
  return (
    expected.platform === 'volto' &&
    (category === 'url_broken' || category === 'login_required' || category === 'unknown')
  );
}
