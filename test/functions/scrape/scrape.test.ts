import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimitedError } from '../../../functions/scrape/errors.ts';
import { type ScrapeDeps, type ScrapeReport, type ScrapeRequest, scrape } from '../../../functions/scrape/scrape.ts';
import type { ScrapedArticle } from '../../../shared/article.ts';
import { silentLogger } from '../../../shared/log.ts';

const root = 'https://www.gov.br/mec/pt-br/noticias';
const now = new Date('2026-03-10T12:00:00Z');

interface Entry {
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
  onFetch?: (url: string) => void;
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
async function run({ pages, window = ['2026-03-01', '2026-03-05'], store, maxPages, listedRoot = root, onFetch }: Run) {
  const stored: ScrapedArticle[] = [];
  const rejected: string[] = [];
  const fetched: string[] = [];
  const request: ScrapeRequest = { agencyKey: 'mec', sourceUrl: root, startDate: window[0], endDate: window[1] };
  const report = await scrape(request, {
    fetchPage: async (url) => {
      onFetch?.(url);
      fetched.push(url.slice(root.length));
      const offset = /b_start:int=(\d+)/.exec(url)?.[1];
      const page = pages.find((_, index) => Number(offset) < pages.slice(0, index + 1).flat().length);
      const entry = pages.flat().find(({ href }) => url.endsWith(`/${href}`));
      const html = offset === undefined ? article(entry!) : listing(page ?? pages.at(-1)!, listedRoot);
      return { requestedUrl: url, url, contentType: 'text/html', body: html, fetchedAt: now };
    },
    store:
      store ??
      (async (found) => {
        stored.push(found);
        return 'inserted';
      }),
    reject: async (url, error) => {
      rejected.push(`${url.slice(root.length + 1)}: ${error.name}`);
    },
    now: () => now,
    log: silentLogger,
    ...(maxPages === undefined ? {} : { maxPages }),
  });
  const titles = stored.map(({ title }) => title).sort();
  return { report, stored, titles, rejected, fetched };
}

test('articles of the window are stored, in local days, both ends included', async () => {
  const { titles, report, stored } = await run({
    pages: [
      [
        { href: 'depois', listed: '06/03/2026 00h00' },
        { href: 'fim', listed: '05/03/2026 23h59' },
        { href: 'comeco', listed: '01/03/2026 00h00' },
        { href: 'antes', listed: '28/02/2026 23h59' },
      ],
    ],
  });
  assert.deepEqual(titles, ['comeco', 'fim']);
  const counts: ScrapeReport = {
    platform: 'classic',
    pages: 2,
    itemsSeen: 4,
    inWindow: 2,
    inserted: 2,
    updated: 0,
    unchanged: 0,
    rejected: 0,
  };
  assert.deepEqual(report, counts);
  assert.deepEqual(stored.find(({ title }) => title === 'fim')?.publishedAt, new Date('2026-03-06T02:59:00Z'));
});

test('a run ends only at a page that is older as a whole', async () => {
  const { titles, fetched } = await run({
    pages: [
      [
        { href: 'fixado', listed: '01/01/2020' },
        { href: 'a', listed: '04/03/2026' },
      ],
      [
        { href: 'velho', listed: '01/02/2026' },
        { href: 'b', listed: '03/03/2026' },
      ],
      [
        { href: 'velho2', listed: '01/02/2026' },
        { href: 'velho3', listed: '', own: '02/02/2026 10h00' },
      ],
      [{ href: 'perdido', listed: '02/03/2026' }],
    ],
  });
  assert.deepEqual(titles, ['a', 'b']);
  assert.deepEqual(
    fetched.filter((path) => path.startsWith('?')),
    ['?b_start:int=0', '?b_start:int=2', '?b_start:int=4'],
  );
});

test('an item without a date is judged by its page, and taken as first seen without any', async () => {
  const { stored, report } = await run({
    pages: [
      [
        { href: 'dentro', listed: '', own: '02/03/2026 10h00' },
        { href: 'fora', listed: '', own: '02/01/2026 10h00' },
        { href: 'sem-data', listed: '' },
        { href: 'so-na-lista', listed: '03/03/2026' },
      ],
    ],
  });
  const dates = stored.map(({ title, publishedAt, publishedAtSource }) => [
    title,
    publishedAt.toISOString(),
    publishedAtSource,
  ]);
  assert.deepEqual(dates.sort(), [
    ['dentro', '2026-03-02T13:00:00.000Z', 'page'],
    ['sem-data', now.toISOString(), 'first-seen'],
    ['so-na-lista', '2026-03-03T03:00:00.000Z', 'listing'],
  ]);
  assert.equal(report.inWindow, 3);
});

test('one page under several addresses is fetched once', async () => {
  const { titles, report, fetched } = await run({
    pages: [
      [
        { href: 'a', listed: '02/03/2026' },
        { href: 'a/view', listed: '02/03/2026' },
        { href: 'a?utm_source=x', listed: '02/03/2026' },
      ],
      [
        { href: 'a/', listed: '02/03/2026' },
        { href: 'b', listed: '02/03/2026' },
      ],
    ],
  });
  assert.deepEqual(titles, ['a', 'b']);
  assert.equal(report.itemsSeen, 2);
  assert.deepEqual(
    fetched.filter((path) => path.startsWith('/')),
    ['/a', '/b'],
  );
});

test('an article that is listed under http is asked for under https and keeps its address', async () => {
  const asked: string[] = [];
  const { stored } = await run({
    pages: [[{ href: 'a', listed: '02/03/2026' }]],
    listedRoot: root.replace('https:', 'http:'),
    onFetch: (url) => asked.push(url),
  });
  assert.ok(asked.includes(`${root}/a`));
  assert.ok(asked.every((url) => url.startsWith('https:')));
  assert.deepEqual([stored[0]?.url, stored[0]?.canonicalUrl], [`http${root.slice(5)}/a`, `${root}/a`]);
});

test('a broken article is rejected and the rest goes on', async () => {
  const { titles, rejected, report } = await run({
    pages: [
      [
        { href: 'a', listed: '02/03/2026' },
        { href: 'vazio', listed: '02/03/2026', body: '' },
        { href: 'erro', listed: '', body: new Error('x') },
        { href: 'b', listed: '02/03/2026' },
      ],
    ],
  });
  assert.deepEqual(titles, ['a', 'b']);
  assert.deepEqual(rejected.sort(), ['erro: Error', 'vazio: ExtractionError']);
  assert.deepEqual([report.rejected, report.inWindow], [2, 2]);
});

test('a host that limits us ends the run, and so does a store that fails', async () => {
  const limited = new RateLimitedError(root, 1000);
  const pages = [
    [
      { href: 'a', listed: '02/03/2026', body: limited },
      { href: 'b', listed: '02/03/2026' },
    ],
  ];
  await assert.rejects(run({ pages }), limited);
  const failing = async () => Promise.reject(new Error('database is down'));
  await assert.rejects(run({ pages: [[{ href: 'a', listed: '02/03/2026' }]], store: failing }), /database is down/);
});

test('every outcome of the store is counted', async () => {
  const outcomes = { a: 'inserted', b: 'updated', c: 'unchanged' } as const;
  const { report } = await run({
    pages: [Object.keys(outcomes).map((href) => ({ href, listed: '02/03/2026' }))],
    store: async ({ title }) => outcomes[title as keyof typeof outcomes],
  });
  assert.deepEqual([report.inserted, report.updated, report.unchanged], [1, 1, 1]);
});

test('a listing that never gets older is left after the last allowed page', async () => {
  const pages = Array.from({ length: 30 }, (_, index) => [{ href: `a${index}`, listed: '02/03/2026' }]);
  const { report } = await run({ pages, maxPages: 5 });
  assert.equal(report.pages, 5);
});
