import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutPostgres } from '../../support/database.ts';
import { challengePage, day, hour, root, type SiteArticle, useNewsSite } from './news-site.ts';

const newLayout = '<html><body><div class="novo"><h2>Notícia</h2></div></body></html>';
const shell =
  '<html><head><meta name="generator" content="Plone 6 - https://plone.org"></head><body><div id="main"></div></body></html>';
const login = 'https://www.gov.br/mec/require_login?came_from=x';

describe('news that cannot be read', { skip: withoutPostgres }, () => {
  const site = useNewsSite();
  const failures = () =>
    site.rows<{ name: string; failure: string | null; waits: boolean }>(
      `select replace(canonical_url, '${root}/', '') as name, failure, next_visit_at is not null as waits
       from pages where failure is not null order by 1`,
    );
  const quarantined = async () => {
    const sql = `select replace(subject, '${root}/', '') as name from quarantine where closed_at is null order by 1`;
    return (await site.rows<{ name: string }>(sql)).map(({ name }) => name);
  };
  /** A stored article, with new ones above it. */
  async function publishAbove(count: number, fields: Partial<SiteArticle>): Promise<void> {
    site.articles.set('velho', { text: 'O texto de antes.', listed: '10/03/2026' });
    await site.run();
    site.later(60_000);
    const below = [...site.articles];
    site.articles = new Map();
    site.publish(count);
    site.changeAll(fields);
    for (const [name, article] of below) site.articles.set(name, article);
  }

  const answers: [name: string, answer: Partial<SiteArticle>, category: string, asked: number[]][] = [
    ['another layout', { raw: newLayout }, 'html_changed', [5]],
    ['a challenge', { raw: challengePage }, 'anti_bot', [3, 4]],
    ['a login', { location: login }, 'login_required', [5]],
    ['the shell of Volto', { raw: shell }, 'empty_content', [5]],
  ];
  for (const [name, answer, category, asked] of answers) {
    test(`fails the run when all of the newest is so: ${name}`, async () => {
      await publishAbove(12, answer);
      await assert.rejects(site.run(), { category });
      assert.deepEqual(await site.lastRun(), { status: 'failed', category });
      assert.deepEqual(await site.stored(), ['velho']);
      const remembered = await failures();
      assert.ok(asked.includes(remembered.length), `${remembered.length} were asked for`);
      assert.ok(remembered.every((page) => page.failure === category && page.waits));
      assert.deepEqual(
        await quarantined(),
        remembered.map((page) => page.name),
      );

      site.later(10 * 60_000);
      site.changeAll({ raw: undefined });
      for (const article of site.articles.values()) delete article.location;
      await assert.rejects(site.run(), { category }, 'what could not be read waits for its time');
      assert.ok(!site.asked().includes('n0'));
      site.later(2 * hour);
      await site.run();
      assert.equal((await site.stored()).length, 13);
      assert.deepEqual([await failures(), await quarantined()], [[], []]);
    });
  }

  test('is nothing to fail for when links lead nowhere, or two of five are so', async () => {
    await publishAbove(5, { status: 403 });
    assert.equal((await site.run()).rejected, 5);
    site.later(2 * hour);
    site.changeAll({ status: undefined });
    for (const name of ['n1', 'n3']) site.change(name, { raw: newLayout });
    assert.deepEqual(await site.run().then(({ inserted, rejected }) => [inserted, rejected]), [3, 2]);
    assert.deepEqual(await quarantined(), ['n1', 'n3']);
  });

  test('is remembered, so that a window goes on behind it however little time a message has', async () => {
    site.publish(12);
    for (let index = 0; index < 6; index++) site.change(`n${index}`, { status: 404 });
    // A window may take hours.
    site.override = (path) => {
      if (path.startsWith('?')) site.now = new Date(site.now.getTime() + hour / 4);
      return undefined;
    };
    await site.runAll({}, { budgetMs: 1 });
    assert.deepEqual(await site.stored(), ['n10', 'n11', 'n6', 'n7', 'n8', 'n9']);
    assert.deepEqual(site.asked(), [...site.articles.keys()].sort(), 'each once');
    const remembered = await failures();
    assert.equal(remembered.length, 6);
    assert.ok(remembered.every(({ failure, waits }) => failure === 'url_broken' && waits));
  });

  test('stays so on a known page that is the same again, until it can be read', async () => {
    site.publish(6);
    await site.run();
    for (const wait of [hour, 2 * hour]) {
      site.later(wait);
      site.change('n0', { raw: newLayout });
      assert.deepEqual(await site.run().then(({ rejected, updated }) => [rejected, updated]), [1, 0]);
      assert.deepEqual(await failures(), [{ name: 'n0', failure: 'html_changed', waits: true }]);
      assert.deepEqual(await quarantined(), ['n0']);
    }
    site.later(2 * hour);
    site.change('n0', { raw: undefined });
    assert.equal((await site.run()).rejected, 0);
    assert.deepEqual([await failures(), await quarantined()], [[], []]);
    assert.equal((await site.stored()).length, 6);
  });

  test('is looked at again when its page says a date that has not come', async () => {
    site.publish(1);
    site.articles.set('erro', { text: 'Com a data errada.', listed: '', published: '10/03/2062 10h00' });
    await site.run();
    site.later(hour);
    await site.run();
    assert.deepEqual(await site.stored(), ['n0']);
    assert.ok(site.asked().includes('erro'));
    site.later(hour);
    site.change('erro', { published: '10/03/2026 10h00' });
    assert.equal((await site.run()).inserted, 1);
    assert.deepEqual(await site.rows(`select published_at from news where url like '%/erro'`), [
      { published_at: new Date('2026-03-10T13:00:00Z') },
    ]);
    site.later(60_000);
    assert.deepEqual(await site.run().then(({ inserted, unchanged }) => [inserted, unchanged]), [0, 2]);
    assert.deepEqual(site.asked(), []);
  });

  test('is not asked for beyond the days in which articles are visited again', async () => {
    site.publish(3);
    await site.run();
    site.changeAll({ status: 403 });
    for (const [wait, revisited] of [
      [day, 3],
      [7 * day, 3],
      [day, 0],
      [30 * day, 0],
    ] as const) {
      site.later(wait);
      assert.equal((await site.run()).revisited, revisited);
    }
    assert.equal((await site.stored()).length, 3);
  });
});
