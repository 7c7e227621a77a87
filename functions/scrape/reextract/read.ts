import type { ScrapedArticle } from '../../../shared/article.ts';
import { canonicalUrl } from '../../../shared/identity.ts';
import type { Extractor, ListingItem } from '../extractors/extractor.ts';
import { listedOf } from '../page-row.ts';
import type { RawPage } from '../raw-store/raw-store.ts';
import { refuseNoNews } from '../read/judge-page.ts';
import { articleAddress, readArticle } from '../read/read-article.ts';
import type { RawArticlePage } from './sql.ts';

/** Reads the article of a row from the raw page it names, which may be a listing that carried many whole. */
export type RawReader = (page: RawArticlePage) => ScrapedArticle;

/** What it returns throws as a visit does: an error with a `category` where the page is not the article. */
export function createRawReader(raw: RawPage, extractor: Extractor): RawReader {
  let whole: ReadonlyMap<string, ListingItem> | undefined;

  function listingItem(page: RawArticlePage): ListingItem | undefined {
    // The same bytes of another address are kept under that one's, so this proves an article page and nothing else.
    if (raw.requestedUrl === articleAddress(page, extractor)) return undefined;
    whole ??= wholeItems(raw, extractor);
    return whole.get(page.canonicalUrl);
  }

  return (page) => {
    refuseNoNews(raw);
    const item = listingItem(page);
    const { agencyKey } = page;
    return readArticle(raw, item ?? listedOf(page), { extractor, agencyKey, extractedAt: extractedAtOf(page, raw) });
  };
}

/**
 * As old as the visit that stored the article: what was stored since is newer than this page, and wins (`storeArticles`);
 * what a visit stores from now on is newer, too.
 */
function extractedAtOf(page: RawArticlePage, raw: RawPage): Date {
  return page.isStored ? page.lastSeenAt : raw.fetchedAt;
}

function wholeItems(raw: RawPage, extractor: Extractor): ReadonlyMap<string, ListingItem> {
  try {
    const items = extractor.parseListing(raw).items.filter((item) => item.readArticle);
    return new Map(items.map((item) => [canonicalUrl(item.url) ?? item.url, item]));
  } catch (error) {
    if (!isPageFailure(error)) throw error;
    // No listing: the page of an article.
    return new Map();
  }
}

/** Whether an error says something of the page, not of the code that reads it. */
export function isPageFailure(error: unknown): error is Error {
  return error instanceof Error && 'category' in error;
}
