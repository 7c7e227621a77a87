import { openListing, openPage } from '../../../functions/scrape/detect.ts';
import { classic } from '../../../functions/scrape/extractors/classic.ts';
import type { ListingPosition } from '../../../functions/scrape/extractors/extractor.ts';
import type { KeptPage } from '../../../functions/scrape/fetch/news-fetcher.ts';
import type { KnownPage } from '../../../functions/scrape/pages-sql.ts';
import type { ScrapeRequest } from '../../../functions/scrape/request.ts';
import { type ScrapeDeps, scrape } from '../../../functions/scrape/scrape.ts';
import type { ScrapedArticle } from '../../../shared/article.ts';
import { silentLogger } from '../../../shared/log.ts';

export const root = 'https://www.gov.br/mec/pt-br/noticias';
export const now = new Date('2026-03-10T12:00:00Z');

export interface Entry {
  /** `DD/MM/YYYY`, or empty where the listing prints none. */
  listed: string;
  /** What the article itself prints, if anything. */
  own?: string;
  /** Body, or the error that the page answers with. */
  body?: string | Error;
  /** Last segment of the address as it is listed. */
  href: string;
}

interface Run {
  pages: Entry[][];
  window?: [string, string];
  store?: ScrapeDeps['store'];
  maxPages?: number;
  /** Where the listing says that its articles are. */
  listedRoot?: string;
  onFetch?: (url: string, pages: Entry[][]) => void;
  /** What was visited before, by canonical URL. */
  known?: Record<string, KnownPage>;
  cursor?: ListingPosition;
  /** Looks at the clock until time is up. */
  maxLooks?: number;
}

/** The entries from an offset on, as many as the page has on which it lies; beyond the end the last page again. */
function pageAt(pages: Entry[][], offset: number): Entry[] {
  const index = pages.findIndex((_, at) => offset < pages.slice(0, at + 1).flat().length);
  if (index === -1) return pages.at(-1)!;
  const begin = pages.slice(0, index).flat().length;
  return pages.flat().slice(offset, Math.max(offset + pages[index]!.length, begin + pages[index]!.length));
}

function keptPage(url: string, body: string): KeptPage {
  const bytes = Buffer.from(body);
  const page = {
    requestedUrl: url,
    url,
    contentType: 'text/html',
    body,
    bytes,
    status: 200,
    headers: {},
    fetchedAt: now,
  };
  return { page, sha256: '0', rawPath: null };
}

function listing(entries: readonly Entry[], listedRoot: string): string {
  const tiles = entries.map(
    ({ href, listed }) =>
      `<article class="tileItem"><a class="summary url" href="${listedRoot}/${href}">${href}</a><span class="documentByLine">${listed}</span></article>`,
  );
  return `<div id="content-core">${tiles.join('')}</div>`;
}

function article({ href, own, body = 'Texto.' }: Entry): string {
  if (body instanceof Error) throw body;
  const byLine = own ? `<span class="documentPublished"><span class="value">${own}</span></span>` : '';
  return `<div id="content"><h1 class="documentFirstHeading">${href}</h1>${byLine}<div id="content-core">${body}</div></div>`;
}

/** Scrapes a site of these listing pages; beyond the last one the site shows the last one again. */
export async function run(options: Run) {
  const { pages, window = ['2026-03-01', '2026-03-05'], store, listedRoot = root, onFetch } = options;
  const { maxPages = 100, known = {}, cursor, maxLooks = Number.POSITIVE_INFINITY } = options;
  const stored: ScrapedArticle[] = [];
  const rejected: string[] = [];
  const fetched: string[] = [];
  const passed: string[] = [];
  const request: ScrapeRequest = { agencyKey: 'mec', sourceUrl: root, startDate: window[0], endDate: window[1] };
  const fetcher = {
    get: async (url: string) => {
      onFetch?.(url, pages);
      fetched.push(url.slice(root.length));
      const offset = /b_start:int=(\d+)/.exec(url)?.[1];
      const entry = pages.flat().find(({ href }) => url.endsWith(`/${href}`));
      return keptPage(url, offset === undefined ? article(entry!) : listing(pageAt(pages, Number(offset)), listedRoot));
    },
  };
  const position = cursor ?? { pageCount: 0, entryCount: 0 };
  const start = cursor
    ? { extractor: classic, ...(await openPage(classic, root, cursor, fetcher)), position }
    : { ...(await openListing({ sourceUrl: root, hint: undefined }, fetcher)), position };
  let looks = 0;
  const report = await scrape(request, start, {
    fetcher,
    listKnown: async (urls) => new Map(urls.flatMap((url) => (known[url] ? [[url, known[url]]] : []))),
    store:
      store ??
      (async ({ article: found }) => {
        stored.push(found);
        return 'inserted';
      }),
    pass: async ({ article: found }) => {
      passed.push(found.title);
    },
    reject: async ({ url }, error) => {
      rejected.push(`${url.slice(root.length + 1)}: ${error.name}`);
    },
    now: () => now,
    log: silentLogger,
    isOver: () => ++looks > maxLooks,
    concurrency: 2,
    maxPages,
  });
  const titles = stored.map(({ title }) => title).sort();
  return { report, stored, titles, rejected, fetched, passed };
}
