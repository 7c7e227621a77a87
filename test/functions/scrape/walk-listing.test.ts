import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openPage } from '../../../functions/scrape/detect.ts';
import { classic } from '../../../functions/scrape/extractors/classic.ts';
import type { Extractor, ListingPosition } from '../../../functions/scrape/extractors/extractor.ts';
import { volto } from '../../../functions/scrape/extractors/volto.ts';
import type { KeptPage } from '../../../functions/scrape/fetch/news-fetcher.ts';
import { openAt, walkListing } from '../../../functions/scrape/walk-listing.ts';
import { otherPage } from './news-site.ts';

const root = 'https://www.gov.br/mec/pt-br/noticias';
const begin: ListingPosition = { pageCount: 0, entryCount: 0 };

/** A listing as its engine writes it; names that begin with "file" are no news. */
interface Site {
  extractor: Extractor;
  pageSize: number;
  page(names: readonly string[], isLast: boolean): string;
}

const classicSite: Site = {
  extractor: classic,
  pageSize: 5,
  page: (names) =>
    `<div id="content-core">${names
      .map((name) => {
        const href = name.startsWith('file') ? `${root}/${name}.pdf/view` : `${root}/${name}`;
        return `<article class="tileItem"><a class="summary url" href="${href}">${name}</a></article>`;
      })
      .join('')}</div>`,
};
const voltoSite: Site = {
  extractor: volto,
  pageSize: 25,
  page: (names, isLast) =>
    JSON.stringify({
      items: names.map((name) => ({
        '@id': `${root}/${name}`,
        '@type': name.startsWith('file') ? 'File' : 'News Item',
        title: name,
      })),
      batching: isLast ? {} : { next: 'x' },
    }),
};

function kept(url: string, body: string): KeptPage {
  const page = { requestedUrl: url, url, contentType: 'text/html', body, bytes: Buffer.from(body), status: 200 };
  return { page: { ...page, headers: {}, fetchedAt: new Date(0) }, sha256: '0', rawPath: null };
}

/** The fetcher of a site with these entries; `answer` comes before them. */
function serve({ pageSize, page }: Site, entries: string[], answer: (offset: number) => string | undefined) {
  const get = async (url: string) => {
    const offset = Number(/b_start(?::int)?=(\d+)/.exec(url)![1]);
    const isLast = offset + pageSize >= entries.length;
    return kept(url, answer(offset) ?? page(entries.slice(offset, offset + pageSize), isLast));
  };
  return { get };
}

/** Names of the news of a walk, in their order. */
async function walk(
  site: Site,
  entries: string[],
  {
    cursor,
    answer = () => undefined,
  }: { cursor?: ListingPosition; answer?: (offset: number) => string | undefined } = {},
): Promise<string[]> {
  const { extractor } = site;
  const fetcher = serve(site, entries, answer);
  const opened = cursor
    ? await openAt(extractor, root, cursor, fetcher)
    : { ...(await openPage(extractor, root, begin, fetcher)), position: begin };
  const names: string[] = [];
  for await (const { fresh } of walkListing(root, { extractor, ...opened }, { fetcher, maxPages: 40 })) {
    names.push(...fresh.map(({ url }) => url.slice(root.length + 1)));
  }
  return names;
}

/** n0, n1, …, with files in their places. */
function entriesWithFiles(count: number, files: readonly number[]): string[] {
  return Array.from({ length: count }, (_, index) => (files.includes(index) ? `file${index}` : `n${index}`));
}
const newsOf = (entries: readonly string[]) => entries.filter((name) => name.startsWith('n'));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('a listing with entries that are no news', () => {
  const cases: [name: string, site: Site, count: number, files: number[]][] = [
    ['the last of a page', classicSite, 20, [4]],
    ['the last two of a page', classicSite, 20, [3, 4]],
    ['all of a page', classicSite, 20, range(5, 10)],
    ['all of three pages', classicSite, 30, range(3, 21)],
    ['all but the first of a page', classicSite, 20, [1, 2, 3, 4]],
    ['the last of all', classicSite, 10, [9]],
    ['the last of a page of Volto', voltoSite, 60, [24]],
    ['the last two of a page of Volto', voltoSite, 60, [23, 24]],
    ['all of a page of Volto', voltoSite, 80, range(25, 50)],
  ];
  for (const [name, site, count, files] of cases) {
    test(`is read to its end: ${name}`, async () => {
      const entries = entriesWithFiles(count, files);
      assert.deepEqual(await walk(site, entries), newsOf(entries));
    });
  }

  test('is read to its end where an entry leads to wherever it is shown', async () => {
    const entries = entriesWithFiles(20, []);
    const page = (offset: number) => {
      const names = [...entries.slice(0, 4), '', ...entries.slice(4)].slice(offset, offset + 5);
      return classicSite.page(
        names.map((name) => name || `?shown-at=${offset}`),
        false,
      );
    };
    const names = await walk(classicSite, entries, { answer: page });
    assert.deepEqual(newsOf(names), entries);
  });
});

describe('a page that lists nothing', () => {
  const entries = entriesWithFiles(30, []);
  const changed = { name: 'NotNewsError', category: 'html_changed', message: /where the listing goes on/ };

  for (const broken of [4, 8, 12, 24]) {
    test(`fails the walk where the listing goes on, at offset ${broken}`, async () => {
      const answer = (offset: number) => (offset === broken ? otherPage : undefined);
      await assert.rejects(walk(classicSite, entries, { answer }), changed);
      const cursor = { pageCount: 3, entryCount: broken, after: `${root}/n${broken}` };
      await assert.rejects(walk(classicSite, entries, { cursor, answer }), changed, 'as the first page of a message');
    });
  }

  test('is the end where the last entries were taken down meanwhile', async () => {
    const shrinking = [...entries];
    const answer = (offset: number) => {
      if (offset === 24) shrinking.splice(22);
      return undefined;
    };
    assert.deepEqual(await walk(classicSite, shrinking, { answer }), entries.slice(0, 25));
  });

  test('is the end for a message that begins beyond it', async () => {
    for (const left of [12, 20, 24]) {
      const cursor = { pageCount: 5, entryCount: 24, after: `${root}/n24` };
      const names = await walk(classicSite, entries.slice(0, left), { cursor });
      assert.ok(names.every((name) => entries.includes(name)));
    }
    const cursor = { pageCount: 5, entryCount: 24, after: `${root}/n24` };
    assert.deepEqual(newsOf(await walk(classicSite, entries.slice(25), { cursor })), entries.slice(25));
    assert.deepEqual(
      newsOf(await walk(classicSite, [...entries.slice(0, 3), ...entries.slice(14)], { cursor })).slice(-5),
      entries.slice(25),
    );
  });
});

describe('a message that begins where another stopped', () => {
  test('loses nothing when entries before it were taken down', async () => {
    const entries = entriesWithFiles(30, []);
    const cursor = { pageCount: 2, entryCount: 8, after: `${root}/n8` };
    for (const gone of [['n0', 'n1', 'n2'], ['n8'], ['n6', 'n7', 'n8'], entries.slice(0, 9)]) {
      const left = entries.filter((name) => !gone.includes(name));
      const names = await walk(classicSite, left, { cursor });
      const wanted = left.filter((name) => Number(name.slice(1)) > 8);
      assert.deepEqual(
        wanted.filter((name) => !names.includes(name)),
        [],
        `without ${gone}`,
      );
    }
  });
});
