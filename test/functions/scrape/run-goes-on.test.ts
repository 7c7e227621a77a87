import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ScrapeRequest, subjectOf, toMessage } from '../../../functions/scrape/request.ts';
import { followUps } from '../../../functions/scrape/run.ts';
import { recordFailure } from '../../../shared/sql/quarantine.ts';
import { withoutPostgres } from '../../support/database.ts';
import { challengePage, hour, otherPage, root, type SiteAnswer, useNewsSite } from './news-site.ts';

describe('a window of several messages', { skip: withoutPostgres }, () => {
  const site = useNewsSite();

  test('loses nothing when news is taken down between two of them', async () => {
    site.publish(30);
    let next: ScrapeRequest | undefined = site.request();
    for (let messages = 0; next; messages++) {
      if (messages === 9) for (const name of ['n0', 'n1', 'n2']) site.articles.delete(name);
      assert.ok(messages < 60);
      [next] = followUps(next, await site.run(next, { budgetMs: 1 }));
    }
    assert.equal((await site.stored()).length, 30);
  });

  test('fails at a page in the place of its listing, first or later', async () => {
    site.publish(30);
    const changed = { category: 'html_changed', message: /where the listing goes on/ };
    site.override = (path) => (path === '?b_start:int=4' ? [200, otherPage] : undefined);
    await assert.rejects(site.run(), changed);
    assert.deepEqual(await site.lastRun(), { status: 'failed', category: 'html_changed' });
    site.override = () => undefined;
    let next = site.request();
    for (let messages = 0; messages < 8; messages++)
      [next] = followUps(next, await site.run(next, { budgetMs: 1 })) as [ScrapeRequest];
    assert.ok(next.cursor!.entryCount > 0);
    site.override = (path) => (path.startsWith('?') ? [200, otherPage] : undefined);
    await assert.rejects(site.run(next), changed);
  });

  test('asks all known articles for an edit, each once', async () => {
    site.publish(23);
    await site.run();
    site.later(hour);
    site.change('n3', { text: 'Corrigida.' });
    site.change('n22', { text: 'Corrigida também.' });
    const reports = await site.runAll({ allowUpdate: true }, { maxRevisits: 5 });
    assert.equal(
      reports.reduce((sum, { updated }) => sum + updated, 0),
      2,
    );
    assert.deepEqual(
      reports.map(({ revisited }) => revisited),
      [5, 5, 5, 5, 3],
    );
    assert.deepEqual(site.asked(), [...site.articles.keys()].sort());
    const edited = await site.rows('select from news where version = 2');
    assert.equal(edited.length, 2);
  });

  test('asks all known articles also when each message has time for one', async () => {
    site.publish(5);
    await site.run();
    site.later(hour);
    site.change('n4', { text: 'Corrigida.' });
    await site.runAll({ allowUpdate: true }, { budgetMs: 1 });
    assert.deepEqual(site.asked(), [...site.articles.keys()].sort());
    assert.equal((await site.rows('select from news where version = 2')).length, 1);
  });

  test('asks for the rest of the known articles although the host limits it, and fails at a challenge', async () => {
    site.publish(12);
    await site.run();
    site.later(hour);
    let asked = 0;
    site.override = (path) =>
      path.startsWith('/n') && (++asked === 8 || asked === 9) ? [429, '', { 'retry-after': '120' }] : undefined;
    await site.runAll({ allowUpdate: true }, { maxRevisits: 5 });
    const answered = site.requests.filter(({ path, status }) => path.startsWith('/n') && status === 200);
    assert.deepEqual(answered.map(({ path }) => path.slice(1)).sort(), [...site.articles.keys()].sort());
    site.override = (path) => (path === '/n3' ? [200, challengePage] : undefined);
    await assert.rejects(site.runAll({ allowUpdate: true }, { maxRevisits: 5 }), { category: 'anti_bot' });
  });

  test('closes its failure once it is read, and no other window does', async () => {
    site.publish(12);
    const open = () => site.rows<{ subject: string }>('select subject from quarantine where closed_at is null');
    const failed = site.request({ startDate: '2026-01-01', endDate: '2026-02-01' });
    const subject = subjectOf(failed);
    assert.equal(subject, `${root} 2026-01-01/2026-02-01`);
    await recordFailure(site.db, { stage: 'scrape', subject, data: toMessage(failed), attributes: {}, error: 'x' });
    const windows = [
      ['2026-03-01', '2026-03-31'],
      ['2026-01-02', '2026-03-31'],
      ['2026-01-01', '2026-01-31'],
    ];
    for (const [startDate, endDate] of windows) {
      await site.runAll({ startDate: startDate!, endDate: endDate! });
      assert.deepEqual(await open(), [{ subject }], `${startDate}/${endDate}`);
    }
    await site.db.query('truncate news, pages cascade');
    const whole = { startDate: '2025-12-31', endDate: '2026-03-31' };
    assert.equal(followUps(site.request(whole), await site.run(whole, { budgetMs: 1 })).length, 1);
    assert.deepEqual(await open(), [{ subject }], 'not before its end');
    await site.runAll(whole);
    assert.deepEqual(await open(), []);
  });

  /** A host that lets so many requests for articles through. */
  const limitAfter = (count: number, retryAfter: string) => {
    let asked = 0;
    return (path: string): SiteAnswer =>
      path.startsWith('/n') && ++asked > count ? [429, '', { 'retry-after': retryAfter }] : undefined;
  };

  test('keeps what was visited before the host limits us, and reads the new once it does not', async () => {
    site.publish(10);
    await site.run();
    site.later(hour);
    site.articles = new Map([['nova', { text: 'Notícia nova.', listed: '10/03/2026' }], ...site.articles]);
    site.change('n0', { text: 'Corrigida.' });
    site.change('n9', { text: 'Corrigida também.' });
    site.override = limitAfter(4, '120');
    await assert.rejects(site.run(), { name: 'RateLimitedError' });
    const edited = `select replace(url, '${root}/', '') as name from news where version = 2 order by 1`;
    assert.deepEqual(await site.rows(edited), [{ name: 'n0' }]);
    site.later(60_000);
    site.override = () => undefined;
    assert.deepEqual(await site.run().then(({ inserted, revisited }) => [inserted, revisited]), [1, 6]);
    assert.deepEqual(await site.rows(edited), [{ name: 'n0' }, { name: 'n9' }]);
  });

  test('reads what is new although the host limited the visits before it', async () => {
    site.publish(6);
    await site.run();
    site.later(hour);
    site.articles = new Map([['outra', { text: 'Notícia nova.', listed: '10/03/2026' }], ...site.articles]);
    site.override = limitAfter(2, '0');
    const { inserted, revisited } = await site.run();
    assert.deepEqual([inserted, revisited], [1, 2]);
  });
});
