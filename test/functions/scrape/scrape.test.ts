import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListingBoundError, NetworkError, RateLimitedError } from '../../../functions/scrape/errors.ts';
import type { KnownPage } from '../../../functions/scrape/pages-sql.ts';
import type { ScrapeReport } from '../../../functions/scrape/scrape.ts';
import { type Entry, now, root, run } from './scraped-pages.ts';

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
    continueAt: null,
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
    ['?b_start:int=0', '?b_start:int=1', '?b_start:int=2', '?b_start:int=3', '?b_start:int=4'],
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
        { href: 'erro', listed: '', body: new NetworkError(root, 'x') },
        { href: 'b', listed: '02/03/2026' },
      ],
    ],
  });
  assert.deepEqual(titles, ['a', 'b']);
  assert.deepEqual(rejected.sort(), ['erro: NetworkError', 'vazio: ExtractionError']);
  assert.deepEqual([report.rejected, report.inWindow], [2, 2]);
});

test('a host that limits us ends the run, and so does a store that fails', async () => {
  const limited = new RateLimitedError(root, 1000);
  const pages: Entry[][] = [
    [
      { href: 'a', listed: '02/03/2026', body: limited },
      { href: 'b', listed: '02/03/2026' },
    ],
  ];
  await assert.rejects(run({ pages }), limited);
  const broken = new Error('the raw store is full');
  pages[0]![0]!.body = broken;
  await assert.rejects(run({ pages }), broken);
  pages[0]![0]!.body = 'Texto.';
  const failing = async () => Promise.reject(new Error('database is down'));
  await assert.rejects(run({ pages: [[{ href: 'a', listed: '02/03/2026' }]], store: failing }), /database is down/);
});

test('every outcome of the store is counted', async () => {
  const outcomes = { a: 'inserted', b: 'updated', c: 'unchanged' } as const;
  const { report } = await run({
    pages: [Object.keys(outcomes).map((href) => ({ href, listed: '02/03/2026' }))],
    store: async ({ article: { title } }) => outcomes[title as keyof typeof outcomes],
  });
  assert.deepEqual([report.inserted, report.updated, report.unchanged], [1, 1, 1]);
});

test('a listing that never gets older fails the run after the last allowed page: nothing is left out in silence', async () => {
  const pages = Array.from({ length: 30 }, (_, index) => [{ href: `a${index}`, listed: '02/03/2026' }]);
  await assert.rejects(run({ pages, maxPages: 5 }), ListingBoundError);
});

test('a known article is not asked for again, and still says how old its page is', async () => {
  const at = (day: string, isStored = true): KnownPage => ({
    canonicalUrl: '',
    publishedAt: new Date(`${day}T12:00:00Z`),
    isStored,
    failure: null,
    visitedAt: new Date(0),
    nextVisitAt: null,
  });
  const pages = [
    [
      { href: 'novo', listed: '', own: '04/03/2026 10h00' },
      { href: 'guardado', listed: '' },
    ],
    [
      { href: 'velho', listed: '' },
      { href: 'mais-velho', listed: '' },
    ],
    [{ href: 'nunca', listed: '' }],
  ];
  const known = {
    [`${root}/guardado`]: at('2026-03-03'),
    [`${root}/velho`]: at('2026-02-03'),
    [`${root}/mais-velho`]: at('2026-02-02', false),
  };
  const { titles, fetched, report } = await run({ pages, known });
  assert.deepEqual(titles, ['novo']);
  assert.deepEqual(
    fetched.filter((path) => path.startsWith('/')),
    ['/novo'],
  );
  assert.deepEqual([report.inserted, report.unchanged, report.pages], [1, 1, 3]);
});

test('what lies outside of the window is remembered, and read when a later window asks for it', async () => {
  const pages = [[{ href: 'antigo', listed: '', own: '02/01/2026 10h00' }]];
  const { passed, stored } = await run({ pages });
  assert.deepEqual([passed, stored], [['antigo'], []]);
  const known = {
    [`${root}/antigo`]: {
      canonicalUrl: '',
      publishedAt: new Date('2026-01-02T13:00:00Z'),
      isStored: false,
      failure: null,
      visitedAt: new Date(0),
      nextVisitAt: null,
    },
  };
  assert.deepEqual((await run({ pages, known, window: ['2026-01-01', '2026-01-05'] })).titles, ['antigo']);
});

test('a page that could not be read waits for its time', async () => {
  const pages = [[{ href: 'a', listed: '02/03/2026' }]];
  const waiting = (nextVisitAt: Date) => ({
    [`${root}/a`]: {
      canonicalUrl: '',
      publishedAt: null,
      isStored: false,
      failure: null,
      visitedAt: new Date(0),
      nextVisitAt,
    },
  });
  assert.deepEqual((await run({ pages, known: waiting(new Date(now.getTime() + 1)) })).titles, []);
  assert.deepEqual((await run({ pages, known: waiting(now) })).titles, ['a']);
});

test('a listing without any date is read for one page: the rest would be an archive dated today', async () => {
  const pages = ['a', 'b', 'c'].map((page) => [1, 2].map((index) => ({ href: `${page}${index}`, listed: '' })));
  const { titles, report } = await run({ pages });
  assert.deepEqual([titles, report.pages], [['a1', 'a2'], 1]);
});

test('news that is taken down while the listing is read pulls no other out of sight', async () => {
  const pages = ['a', 'b', 'c'].map((page) =>
    [1, 2, 3].map((index) => ({ href: `${page}${index}`, listed: '02/03/2026' })),
  );
  const gone = ['a1', 'a2', 'a3', 'b1'];
  let listings = 0;
  const { titles } = await run({
    pages,
    onFetch: (url, current) => {
      if (!url.includes('b_start') || ++listings !== 2) return;
      // Between the first page and the second: all of the first, and one of the second.
      const left = current.flat().filter(({ href }) => !gone.includes(href));
      current.splice(0, current.length, left.slice(0, 3), left.slice(3));
    },
  });
  assert.deepEqual(titles, ['a1', 'a2', 'a3', 'b2', 'b3', 'c1', 'c2', 'c3']);
});

test('news that is published while the listing is read is not read twice', async () => {
  const pages = ['a', 'b'].map((page) => [1, 2].map((index) => ({ href: `${page}${index}`, listed: '02/03/2026' })));
  let listings = 0;
  const { titles } = await run({
    pages,
    onFetch: (url, current) => {
      if (url.includes('b_start') && ++listings === 2) current.unshift([{ href: 'nova', listed: '05/03/2026' }]);
    },
  });
  assert.deepEqual(titles, ['a1', 'a2', 'b1', 'b2']);
});

test('when time is up the run says where the next one goes on, and that one finds the rest', async () => {
  const pages = ['a', 'b', 'c'].map((page) =>
    [1, 2].map((index) => ({ href: `${page}${index}`, listed: '02/03/2026' })),
  );
  const first = await run({ pages, maxLooks: 3 });
  assert.deepEqual(first.report.continueAt, { pageCount: 2, entryCount: 2, after: `${root}/b1` });
  assert.deepEqual(first.titles, ['a1', 'a2', 'b1']);
  const known = Object.fromEntries(
    first.stored.map(({ canonicalUrl, publishedAt }) => [
      canonicalUrl,
      { canonicalUrl, publishedAt, isStored: true, failure: null, visitedAt: new Date(0), nextVisitAt: null },
    ]),
  );
  const second = await run({ pages, known, cursor: first.report.continueAt! });
  assert.equal(second.report.continueAt, null);
  assert.deepEqual([...first.titles, ...second.titles].sort(), ['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
});
