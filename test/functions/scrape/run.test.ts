import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import { createRobots } from '../../../functions/scrape/fetch/robots.ts';
import { nullRawStore } from '../../../functions/scrape/raw-store/open.ts';
import type { ScrapeRequest } from '../../../functions/scrape/request.ts';
import { runScrape, type ScrapeRunDeps } from '../../../functions/scrape/run.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { sitesDispatcher } from '../../stand-ins/sites/dispatcher.ts';
import { createRecorder, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const root = 'https://www.gov.br/mec/pt-br/noticias';
const startsAt = new Date('2026-03-10T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;

interface SiteArticle {
  text: string;
  /** `DD/MM/YYYY`. */
  listed: string;
  status?: number | undefined;
  /** Left out of the listing. */
  isUnlisted?: boolean;
  etag?: string;
  /** Where the site sends those who ask for it. */
  location?: string;
  challenge?: string;
  title?: string;
}

describe('a run of scrape', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: Server;
  let dispatcher: Dispatcher;
  let articles: Map<string, SiteArticle>;
  let requests: { path: string; status: number }[];
  /** What the listing answers with in place of itself. */
  let listing: string | undefined;
  let now: Date;
  const recorder = createRecorder();

  before(async () => {
    database = await createTestDatabase();
    await seedAgency(database.db);
    server = createServer((request, response) => {
      const path = request.url!.replace('/mec/pt-br/noticias', '');
      const [status, body, headers] = answer(path, request.headers['if-none-match']);
      requests.push({ path, status });
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    dispatcher = sitesDispatcher((server.address() as AddressInfo).port);
  });
  after(async () => {
    await dispatcher?.destroy();
    server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, news_features, pages, scrape_runs, outbox, quarantine, sources cascade');
    await database.db.query(`insert into sources (agency_key, url) values ('mec', $1)`, [root]);
    articles = new Map();
    requests = [];
    listing = undefined;
    now = startsAt;
    recorder.published.length = 0;
  });

  function answer(path: string, etag: string | undefined): [number, string, Record<string, string>] {
    const offset = /^\?b_start:int=(\d+)$/.exec(path)?.[1];
    if (offset !== undefined) {
      if (listing !== undefined) return [200, listing, {}];
      const listed = [...articles].filter(([, { isUnlisted }]) => !isUnlisted);
      const tiles = listed.slice(Number(offset), Number(offset) + 5).map(
        ([name, { listed }]) =>
          `<article class="tileItem"><a class="summary url" href="${root}/${name}">${name}</a>
           <span class="documentByLine">${listed} 09h00</span></article>`,
      );
      return [200, `<div id="content-core">${tiles.join('')}</div>`, {}];
    }
    const article = articles.get(path.slice(1));
    if (path.includes('require_login')) return [200, '<form id="login_form"></form>', {}];
    if (!article) return [404, 'Not Found', {}];
    if (article.challenge) return [200, article.challenge, {}];
    if (article.location) return [302, '', { location: article.location }];
    if (article.status) return [article.status, 'Gone', {}];
    if (article.etag && article.etag === etag) return [304, '', {}];
    const body = `<div id="content"><h1 class="documentFirstHeading">${article.title ?? `Título de ${path.slice(1)}`}</h1>
      <div id="content-core"><div id="parent-fieldname-text"><p>${article.text}</p></div></div></div>`;
    return [200, body, article.etag ? { etag: article.etag } : {}];
  }

  const publish = (count: number, listed = '10/03/2026') => {
    for (let index = 0; index < count; index++) {
      articles.set(`n${index}`, { text: `Texto da notícia ${index}, com palavras que bastam.`, listed });
    }
  };
  const request: ScrapeRequest = {
    agencyKey: 'mec',
    sourceUrl: root,
    startDate: '2026-03-01',
    endDate: '2026-03-31',
  };
  const run = (asked: Partial<ScrapeRequest> = {}, options: Partial<ScrapeRunDeps> = {}) =>
    runScrape({ ...request, ...asked }, contextFrom(), {
      ...recorder,
      db: database.db,
      dispatcher,
      gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
      robots: createRobots(),
      rawStore: nullRawStore,
      userAgent: 'Test/1.0 (+https://exemplo.org)',
      revisitDays: 7,
      maxRevisits: 200,
      maxPages: 100,
      budgetMs: 60_000,
      now: () => now,
      ...options,
    });
  const later = (ms: number) => {
    now = new Date(now.getTime() + ms);
    requests = [];
    recorder.published.length = 0;
  };
  const release = () => database.db.query('update sources set held_at = $1, released_at = $1', [now]);
  const rows = async <T>(sql: string) => (await database.db.query<T & object>(sql)).rows as T[];
  const removed = () =>
    rows<{ url: string }>(`select replace(url, '${root}/', '') as url from news where removed_at is not null`);
  const lastRun = async () =>
    (
      await rows<{ status: string; category: string | null; platform: string | null; removed_count: number }>(
        'select * from scrape_runs order by id desc limit 1',
      )
    )[0]!;

  test('what is known is not asked for again before its time, and then by what the server gave for it', async () => {
    publish(3);
    for (const article of articles.values()) article.etag = `"${article.text.length}-1"`;
    assert.equal((await run()).inserted, 3);
    later(10 * 60_000);
    assert.deepEqual(await run().then(({ inserted, unchanged }) => [inserted, unchanged]), [0, 3]);
    assert.ok(
      requests.every(({ path }) => path.startsWith('?') || path === '/robots.txt'),
      'only the listing',
    );
    later(hour);
    const third = await run();
    assert.deepEqual([third.revisited, third.updated], [3, 0]);
    assert.deepEqual(
      requests.filter(({ path }) => path.startsWith('/n')).map(({ status }) => status),
      [304, 304, 304],
    );
    assert.deepEqual(recorder.published, []);
    const [row] = await rows<{ last_seen_at: Date }>('select last_seen_at from news limit 1');
    assert.deepEqual(row!.last_seen_at, now);
  });

  test('an edit makes a new version of the same article, also without validators, and thins out with age', async () => {
    publish(1);
    await run();
    const [before] = await rows<{ unique_id: string }>('select unique_id from news');
    later(hour);
    articles.get('n0')!.text = 'Texto corrigido da notícia.';
    assert.equal((await run()).updated, 1);
    assert.deepEqual(
      recorder.published.map(({ topic, data }) => [topic, data]),
      [['scraped', { unique_id: before!.unique_id, version: 2 }]],
    );
    later(6 * day);
    assert.equal((await run()).revisited, 1);
    later(hour);
    assert.equal((await run()).revisited, 0, 'a quarter of its age has not passed');
    later(30 * day);
    assert.equal((await run()).revisited, 0, 'beyond its last visit');
    assert.equal((await run({ allowUpdate: true })).revisited, 1, 'unless it is asked for');
  });

  test('410 removes at once; 404 on the third visit, each a day after the other; a page that is back is back', async () => {
    publish(3);
    await run();
    later(hour);
    articles.get('n0')!.status = 410;
    Object.assign(articles.get('n1')!, { status: 404, isUnlisted: true });
    assert.equal((await run()).removed, 1);
    assert.deepEqual(await removed(), [{ url: 'n0' }]);
    assert.equal(recorder.published.length, 1, 'search and the dataset are told');
    later(hour);
    await run({ allowUpdate: true });
    later(day);
    assert.equal((await run()).removed, 0, 'the second visit; the one in between came too soon to count');
    later(day);
    assert.equal((await run()).removed, 1);
    assert.deepEqual((await removed()).length, 2);
    articles.set('n1', { ...articles.get('n1')!, status: undefined, isUnlisted: false });
    later(day);
    assert.equal((await run()).updated, 1);
    assert.deepEqual(await removed(), [{ url: 'n0' }]);
  });

  test('a login page, a challenge and an error say nothing of an article', async () => {
    publish(8);
    await run();
    const challenge = '<title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/x.js"></script>';
    const answers = [{ location: 'https://www.gov.br/mec/require_login?came_from=x' }, { status: 403 }, { challenge }];
    for (const [index, article] of [...articles.values()].entries()) Object.assign(article, answers[index % 3]);
    for (const wait of [hour, day, day, day]) {
      later(wait);
      assert.equal((await run()).removed, 0);
    }
    assert.deepEqual(await removed(), []);
  });

  test('many that vanish at once hold the source: nothing is written until an operator lets the next run through', async () => {
    publish(40);
    await run();
    const before = await rows('select * from pages order by canonical_url');
    later(hour);
    for (let index = 0; index < 5; index++) articles.get(`n${index}`)!.status = 410;
    articles.get('n9')!.text = 'Texto da notícia 9, com palavras corrigidas.';
    articles.set('nova', { text: 'Notícia nova.', listed: '10/03/2026' });
    await assert.rejects(run(), {
      name: 'HeldError',
      category: 'html_changed',
      message: /5 vanished, halved .*sources release/,
    });
    assert.deepEqual([(await lastRun()).status, (await lastRun()).category], ['failed', 'html_changed']);
    later(hour);
    await assert.rejects(run(), { name: 'HeldError' });
    assert.deepEqual(requests, [], 'a held source is not asked');
    assert.deepEqual(await rows('select * from pages order by canonical_url'), before);
    assert.deepEqual(await rows('select count(*) from news where removed_at is null'), [{ count: 40 }]);
    await release();
    assert.deepEqual(await run().then(({ removed, updated, inserted }) => [removed, updated, inserted]), [5, 1, 1]);
    assert.deepEqual(await rows('select held_at from sources'), [{ held_at: null }]);
  });

  test('a few that vanish among many, or all of very few, hold nothing', async () => {
    publish(100);
    await run();
    later(hour);
    for (let index = 0; index < 5; index++) articles.get(`n${index}`)!.status = 410;
    assert.equal((await run()).removed, 5);
    later(hour);
    for (let index = 5; index < 9; index++) articles.get(`n${index}`)!.status = 410;
    await assert.rejects(run(), /within a day 9 vanished/, 'a site that empties little by little');
    await release();
    assert.equal((await run()).removed, 4);
    later(2 * day);
    articles.get('n9')!.status = 410;
    assert.equal((await run()).removed, 1);
  });

  test('a layout that changed holds the source before its articles are halved', async () => {
    publish(10);
    for (const article of articles.values()) article.text = 'Um texto de uma notícia inteira. '.repeat(20);
    await run();
    later(hour);
    for (const article of articles.values()) article.text = 'Um resto.';
    await assert.rejects(run(), /of 10 known articles 10 vanished, halved/);
    const [row] = await rows<{ shortest: number }>('select min(length(content)) as shortest from news');
    assert.ok(row!.shortest > 500);
  });

  test('an article of which an operator says that it goes stays gone', async () => {
    publish(1);
    await run();
    await database.db.query(`update news set removed_at = now(), removed_by = 'operator'`);
    later(hour);
    articles.get('n0')!.text = 'Texto novo.';
    await run({ allowUpdate: true });
    assert.equal((await removed()).length, 1);
  });

  test('a source is never scraped twice at once, and a killed run leaves it to the next one', async () => {
    publish(1);
    await database.db.query(
      `update sources set lease_token = gen_random_uuid(), lease_until = now() + interval '700 milliseconds'`,
    );
    await database.db.query(
      `insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
       values ('mec', $1, '2026-03-01', '2026-03-02', 'running')`,
      [root],
    );
    const startedAt = performance.now();
    assert.equal((await run()).inserted, 1);
    assert.ok(performance.now() - startedAt > 400, 'it waited for the lease');
    assert.deepEqual(await rows(`select status, category from scrape_runs order by id`), [
      { status: 'failed', category: 'unknown' },
      { status: 'succeeded', category: null },
    ]);
    assert.deepEqual(await rows('select lease_token from sources'), [{ lease_token: null }]);
  });

  test('two runs of one source wait for each other', async () => {
    publish(5);
    const inFlight = { now: 0, most: 0 };
    const slow: ScrapeRunDeps['gate'] = {
      ...createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
      run: async (_host, work) => {
        inFlight.most = Math.max(inFlight.most, ++inFlight.now);
        await setTimeout(20);
        return await work().finally(() => inFlight.now--);
      },
    };
    const reports = await Promise.all([run({}, { gate: slow }), run({}, { gate: slow })]);
    assert.deepEqual(reports.map(({ inserted }) => inserted).sort(), [0, 5]);
    assert.ok(inFlight.most <= 2, 'what one run asks for at a time');
  });

  test('a window that takes longer than a message goes on in the next', async () => {
    publish(23);
    const reports = [];
    let asked: Partial<ScrapeRequest> = {};
    for (let messages = 0; messages < 50; messages++) {
      recorder.published.length = 0;
      const report = await run(asked, { budgetMs: 1 });
      reports.push(report);
      if (!report.continueAt) break;
      const followUps = recorder.published.filter(({ topic }) => topic === 'requested');
      assert.equal(followUps.length, 1);
      asked = { cursor: report.continueAt, platform: report.platform };
    }
    const [row] = await rows<{ count: number }>('select count(*) from news');
    assert.equal(row!.count, 23, `${reports.length} messages`);
    assert.ok(reports.length > 1);
  });

  test('what lies outside of a window is there for a later one, and a second address of one article waits', async () => {
    publish(2, '05/03/2026');
    articles.set('n0-copia', { ...articles.get('n0')!, title: 'Título de n0' });
    assert.equal((await run({ startDate: '2026-03-08' })).inserted, 0);
    assert.equal((await run()).inserted, 2);
    later(60_000);
    await run();
    assert.ok(
      requests.every(({ path }) => !path.startsWith('/n')),
      'nothing is asked for again',
    );
  });

  test('the engine that answered is remembered, and what failed is recorded by its kind', async () => {
    publish(1);
    await run();
    assert.deepEqual(await rows('select platform from sources'), [{ platform: 'classic' }]);
    listing = `<title>Notícias</title>${'<div class="x">Outra coisa</div>'.repeat(400)}`;
    await assert.rejects(run(), { category: 'html_changed' });
    assert.deepEqual([(await lastRun()).status, (await lastRun()).category], ['failed', 'html_changed']);
  });

  test('an address that is no active source is refused', async () => {
    await assert.rejects(run({ sourceUrl: `${root}/outra` }), PermanentError);
    await database.db.query(`update sources set is_active = false, disabled_reason = 'fora do ar'`);
    await assert.rejects(run(), /is disabled: fora do ar/);
    assert.ok(!(new PermanentError('') instanceof RetryableError));
  });
});
