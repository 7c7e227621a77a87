import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import type { ScrapeRequest } from '../../../functions/scrape/request.ts';
import type { ScrapeRunDeps } from '../../../functions/scrape/run.ts';
import { type ArticleWrites, articleWrites } from '../../../shared/article-writes.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { withoutPostgres } from '../../support/database.ts';
import { challengePage, day, hour, otherPage, root, useNewsSite } from './news-site.ts';

describe('a run of scrape', { skip: withoutPostgres }, () => {
  const site = useNewsSite();

  test('what is known is not asked for again before its time, and then by what the server gave for it', async () => {
    site.publish(3);
    for (const article of site.articles.values()) article.etag = `"${article.text.length}-1"`;
    assert.equal((await site.run()).inserted, 3);
    site.later(10 * 60_000);
    assert.deepEqual(await site.run().then(({ inserted, unchanged }) => [inserted, unchanged]), [0, 3]);
    assert.ok(
      site.requests.every(({ path }) => path.startsWith('?') || path === '/robots.txt'),
      'only the listing',
    );
    site.later(hour);
    const third = await site.run();
    assert.deepEqual([third.revisited, third.updated], [3, 0]);
    assert.deepEqual(
      site.requests.filter(({ path }) => path.startsWith('/n')).map(({ status }) => status),
      [304, 304, 304],
    );
    assert.deepEqual(site.recorder.published, []);
    const [row] = await site.rows<{ last_seen_at: Date }>('select last_seen_at from news limit 1');
    assert.deepEqual(row!.last_seen_at, site.now);
  });

  test('articles are written through the storage, new ones and edits', async () => {
    const written: string[] = [];
    const insert: ArticleWrites['insert'] = async (tx, articles) => {
      written.push(...articles.map(({ title }) => title));
      return await articleWrites.insert(tx, articles);
    };
    site.publish(1);
    await site.run({}, { storage: { insert } });
    site.later(hour);
    site.articles.get('n0')!.text = 'Texto corrigido da notícia.';
    await site.run({}, { storage: { insert } });
    assert.equal(written.length, 2);
  });

  test('an edit makes a new version of the same article, also without validators, and thins out with age', async () => {
    site.publish(1);
    await site.run();
    const [before] = await site.rows<{ unique_id: string }>('select unique_id from news');
    site.later(hour);
    site.articles.get('n0')!.text = 'Texto corrigido da notícia.';
    assert.equal((await site.run()).updated, 1);
    assert.deepEqual(
      site.recorder.published.map(({ topic, data }) => [topic, data]),
      [['scraped', { unique_id: before!.unique_id, version: 2 }]],
    );
    site.later(6 * day);
    assert.equal((await site.run()).revisited, 1);
    site.later(hour);
    assert.equal((await site.run()).revisited, 0, 'a quarter of its age has not passed');
    site.later(30 * day);
    assert.equal((await site.run()).revisited, 0, 'beyond its last visit');
    assert.equal((await site.run({ allowUpdate: true })).revisited, 1, 'unless it is asked for');
  });

  test('410 removes at once; 404 on the third visit, each a day after the other; a page that is back is back', async () => {
    site.publish(3);
    await site.run();
    site.later(hour);
    site.articles.get('n0')!.status = 410;
    Object.assign(site.articles.get('n1')!, { status: 404, isUnlisted: true });
    assert.equal((await site.run()).removed, 1);
    assert.deepEqual(await site.removed(), ['n0']);
    assert.equal(site.recorder.published.length, 1, 'search and the dataset are told');
    site.later(hour);
    await site.run({ allowUpdate: true });
    site.later(day);
    assert.equal((await site.run()).removed, 0, 'the second visit; the one in between came too soon to count');
    site.later(day);
    assert.equal((await site.run()).removed, 1);
    assert.deepEqual((await site.removed()).length, 2);
    site.articles.set('n1', { ...site.articles.get('n1')!, status: undefined, isUnlisted: false });
    site.later(day);
    assert.equal((await site.run()).updated, 1);
    assert.deepEqual(await site.removed(), ['n0']);
  });

  test('a login page, a challenge and an error say nothing of an article', async () => {
    site.publish(8);
    await site.run();
    const answers = [
      { location: 'https://www.gov.br/mec/require_login?came_from=x' },
      { status: 403 },
      { raw: challengePage },
    ];
    for (const [index, article] of [...site.articles.values()].entries()) Object.assign(article, answers[index % 3]);
    for (const wait of [hour, day, day, day]) {
      site.later(wait);
      assert.equal((await site.run()).removed, 0);
    }
    assert.deepEqual(await site.removed(), []);
  });

  test('many that vanish at once hold the source: nothing is written until an operator lets the next run through', async () => {
    site.publish(40);
    await site.run();
    const before = await site.rows('select * from pages order by canonical_url');
    site.later(hour);
    for (let index = 0; index < 5; index++) site.articles.get(`n${index}`)!.status = 410;
    site.articles.get('n9')!.text = 'Texto da notícia 9, com palavras corrigidas.';
    site.articles.set('nova', { text: 'Notícia nova.', listed: '10/03/2026' });
    await assert.rejects(site.run(), {
      name: 'HeldError',
      category: 'html_changed',
      message: /5 vanished, halved .*sources release/,
    });
    assert.deepEqual([(await site.lastRun()).status, (await site.lastRun()).category], ['failed', 'html_changed']);
    site.later(hour);
    await assert.rejects(site.run(), { name: 'HeldError' });
    assert.deepEqual(site.requests, [], 'a held source is not asked');
    assert.deepEqual(await site.rows('select * from pages order by canonical_url'), before);
    assert.deepEqual(await site.rows('select count(*) from news where removed_at is null'), [{ count: 40 }]);
    await site.release();
    assert.deepEqual(
      await site.run().then(({ removed, updated, inserted }) => [removed, updated, inserted]),
      [5, 1, 1],
    );
    assert.deepEqual(await site.rows('select held_at from sources'), [{ held_at: null }]);
  });

  test('a few that vanish among many, or all of very few, hold nothing', async () => {
    site.publish(100);
    await site.run();
    site.later(hour);
    for (let index = 0; index < 5; index++) site.articles.get(`n${index}`)!.status = 410;
    assert.equal((await site.run()).removed, 5);
    site.later(hour);
    for (let index = 5; index < 9; index++) site.articles.get(`n${index}`)!.status = 410;
    await assert.rejects(site.run(), /within a day 9 vanished/, 'a site that empties little by little');
    await site.release();
    assert.equal((await site.run()).removed, 4);
    site.later(2 * day);
    site.articles.get('n9')!.status = 410;
    assert.equal((await site.run()).removed, 1);
  });

  test('a layout that changed holds the source before its articles are halved', async () => {
    site.publish(10);
    for (const article of site.articles.values()) article.text = 'Um texto de uma notícia inteira. '.repeat(20);
    await site.run();
    site.later(hour);
    for (const article of site.articles.values()) article.text = 'Um resto.';
    await assert.rejects(site.run(), /of 10 known articles 10 vanished, halved/);
    const [row] = await site.rows<{ shortest: number }>('select min(length(content)) as shortest from news');
    assert.ok(row!.shortest > 500);
  });

  test('an article of which an operator says that it goes stays gone', async () => {
    site.publish(1);
    await site.run();
    await site.db.query(`update news set removed_at = now(), removed_by = 'operator'`);
    site.later(hour);
    site.articles.get('n0')!.text = 'Texto novo.';
    await site.run({ allowUpdate: true });
    assert.equal((await site.removed()).length, 1);
  });

  test('a source is never scraped twice at once, and a killed run leaves it to the next one', async () => {
    site.publish(1);
    await site.db.query(
      `update sources set lease_token = gen_random_uuid(), lease_until = now() + interval '700 milliseconds'`,
    );
    await site.db.query(
      `insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
       values ('mec', $1, '2026-03-01', '2026-03-02', 'running')`,
      [root],
    );
    const startedAt = performance.now();
    assert.equal((await site.run()).inserted, 1);
    assert.ok(performance.now() - startedAt > 400, 'it waited for the lease');
    assert.deepEqual(await site.rows(`select status, category from scrape_runs order by id`), [
      { status: 'failed', category: 'unknown' },
      { status: 'succeeded', category: null },
    ]);
    assert.deepEqual(await site.rows('select lease_token from sources'), [{ lease_token: null }]);
  });

  test('two runs of one source wait for each other', async () => {
    site.publish(5);
    const inFlight = { now: 0, most: 0 };
    const slow: ScrapeRunDeps['gate'] = {
      ...createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
      run: async (_host, work) => {
        inFlight.most = Math.max(inFlight.most, ++inFlight.now);
        await setTimeout(20);
        return await work().finally(() => inFlight.now--);
      },
    };
    const reports = await Promise.all([site.run({}, { gate: slow }), site.run({}, { gate: slow })]);
    assert.deepEqual(reports.map(({ inserted }) => inserted).sort(), [0, 5]);
    assert.ok(inFlight.most <= 2, 'what one run asks for at a time');
  });

  test('a window that takes longer than a message goes on in the next', async () => {
    site.publish(23);
    const reports = [];
    let asked: Partial<ScrapeRequest> = {};
    for (let messages = 0; messages < 50; messages++) {
      site.recorder.published.length = 0;
      const report = await site.run(asked, { budgetMs: 1 });
      reports.push(report);
      if (!report.continueAt) break;
      const followUps = site.recorder.published.filter(({ topic }) => topic === 'requested');
      assert.equal(followUps.length, 1);
      asked = { cursor: report.continueAt, platform: report.platform };
    }
    const [row] = await site.rows<{ count: number }>('select count(*) from news');
    assert.equal(row!.count, 23, `${reports.length} messages`);
    assert.ok(reports.length > 1);
  });

  test('what lies outside of a window is there for a later one, and a second address of one article waits', async () => {
    site.publish(2, '05/03/2026');
    site.articles.set('n0-copia', { ...site.articles.get('n0')!, title: 'Título de n0' });
    assert.equal((await site.run({ startDate: '2026-03-08' })).inserted, 0);
    assert.equal((await site.run()).inserted, 2);
    site.later(60_000);
    await site.run();
    assert.ok(
      site.requests.every(({ path }) => !path.startsWith('/n')),
      'nothing is asked for again',
    );
  });

  test('the engine that answered is remembered, and what failed is recorded by its kind', async () => {
    site.publish(1);
    await site.run();
    assert.deepEqual(await site.rows('select platform from sources'), [{ platform: 'classic' }]);
    site.override = (path) => (path.startsWith('?') ? [200, otherPage] : undefined);
    await assert.rejects(site.run(), { category: 'html_changed' });
    assert.deepEqual([(await site.lastRun()).status, (await site.lastRun()).category], ['failed', 'html_changed']);
  });

  test('an address that is no active source is refused', async () => {
    await assert.rejects(site.run({ sourceUrl: `${root}/outra` }), PermanentError);
    await site.db.query(`update sources set is_active = false, disabled_reason = 'fora do ar'`);
    await assert.rejects(site.run(), /is disabled: fora do ar/);
    assert.ok(!(new PermanentError('') instanceof RetryableError));
  });
});
