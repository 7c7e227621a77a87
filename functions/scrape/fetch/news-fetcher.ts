import type { Extractor } from '../extractors/extractor.ts';
import type { FetchedPage, FetchIfChanged, FetchPage, Validators } from '../page.ts';
import { sha256Hex } from '../raw-store/path.ts';
import type { RawStore } from '../raw-store/raw-store.ts';
import { refuseNoNews } from '../read/judge-page.ts';

/** A page as it came, and where it is kept. */
export interface KeptPage {
  page: FetchedPage;
  /** Lower-case hex, over the body as it came. */
  sha256: string;
  /** Null where no raw pages are kept. */
  rawPath: string | null;
}

/** What was learnt of a page on the last visit. */
export interface LastVisit extends Validators {
  platform: string;
  bodySha256: string | null;
  /** Null when the page could not be read: the same bytes again are no proof of the article. */
  extractorVersion: number | null;
}

/** Fetches pages for an extractor: each is kept as it came, and then judged. */
export interface NewsFetcher {
  /** @throws an error with a `category` when no page came, or a challenge, a login or a maintenance page in its place. */
  get(url: string, extractor: Extractor): Promise<KeptPage>;
  /** The same for a page that was visited before; null when it is the same. */
  getIfChanged(url: string, extractor: Extractor, last: LastVisit): Promise<KeptPage | null>;
}

export interface NewsFetcherOptions {
  fetchPage: FetchPage;
  fetchIfChanged: FetchIfChanged;
  rawStore: RawStore;
  agencyKey: string;
}

export function createNewsFetcher(options: NewsFetcherOptions): NewsFetcher {
  const { fetchPage, fetchIfChanged, rawStore, agencyKey } = options;

  async function keep(page: FetchedPage, { platform, version }: Extractor): Promise<KeptPage> {
    const rawPath = await rawStore.save(page, { source: agencyKey, platform, extractorVersion: version });
    refuseNoNews(page);
    return { page, sha256: sha256Hex(page.bytes), rawPath };
  }

  return {
    get: async (url, extractor) => keep(await fetchPage(url, extractor.accept), extractor),
    async getIfChanged(url, extractor, last) {
      // Another engine asks another address: what the server said of that one says nothing of this.
      const isKnown = last.platform === extractor.platform && last.extractorVersion !== null;
      const validators = isKnown ? last : { etag: null, lastModified: null };
      const page = await fetchIfChanged(url, extractor.accept, validators);
      if (!page || (isKnown && sha256Hex(page.bytes) === last.bodySha256)) return null;
      return await keep(page, extractor);
    },
  };
}
