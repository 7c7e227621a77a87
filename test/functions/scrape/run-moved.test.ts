import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nudges } from '../../support/articles.ts';
import { withoutPostgres } from '../../support/database.ts';
import { day, hour, root, type SiteArticle, useNewsSite } from './news-site.ts';

interface Stored {
  unique_id: string;
  name: string;
  is_listed_there: boolean;
  is_removed: boolean;
  version: number;
}

describe('articles that move', { skip: withoutPostgres }, () => {
  const site = useNewsSite();
  const stored = () =>
    site.rows<Stored>(
      `select unique_id, replace(canonical_url, '${root}/', '') as name, url = canonical_url as is_listed_there,
         removed_at is not null as is_removed, version from news order by title`,
    );
  const ids = async () => (await stored()).map(({ unique_id }) => unique_id);
  const newNames = ['novo-n0', 'novo-n1', 'novo-n2', 'novo-n3'];

  /** The section gets another address: what stood at the old one answers with a status. */
  function rename(status: number, options: { isListed: boolean } = { isListed: true }): void {
    for (const [name, article] of [...site.articles]) {
      site.change(name, { status, isUnlisted: true });
      site.articles.set(`novo-${name}`, {
        ...article,
        title: `Título de ${name}`,
        status: undefined,
        isUnlisted: !options.isListed,
      });
    }
  }

  async function assertMoved(before: readonly string[]): Promise<void> {
    const now = await stored();
    assert.deepEqual(
      now.map(({ unique_id }) => unique_id),
      before,
      'each keeps its id',
    );
    assert.deepEqual(
      now.map(({ name }) => name),
      newNames,
    );
    assert.ok(now.every(({ is_listed_there, is_removed }) => is_listed_there && !is_removed));
    const announced = nudges(site.recorder.published);
    for (const { unique_id, version } of now) assert.ok(announced.includes(`scraped ${unique_id} ${version}`));
    // At the new address an article is visited like any other.
    site.later(2 * day);
    site.change('novo-n2', { text: 'Texto corrigido da notícia.' });
    assert.equal((await site.run()).updated, 1);
    assert.deepEqual(await ids(), before);
    assert.equal((await stored())[2]!.version, now[2]!.version + 1);
    assert.deepEqual(
      site.asked().filter((name) => !newNames.includes(name)),
      [],
      'the old ones are left alone',
    );
  }

  test('to where the same is listed keep their id when the old address answers 410', async () => {
    site.publish(4);
    await site.run();
    const before = await ids();
    site.later(hour);
    rename(410);
    await site.run();
    await assertMoved(before);
  });

  test('to where the same is listed keep their id when the old address answers 404, once that is believed', async () => {
    site.publish(4);
    await site.run();
    const before = await ids();
    site.later(hour);
    rename(404);
    for (let visits = 0; visits < 3; visits++) {
      assert.deepEqual(
        (await stored()).map(({ name, is_removed }) => [name, is_removed]),
        [
          ['n0', false],
          ['n1', false],
          ['n2', false],
          ['n3', false],
        ],
      );
      site.later(day);
      assert.equal((await site.run()).removed, 0);
    }
    await assertMoved(before);
  });

  for (const status of [410, 404]) {
    test(`come back under their id when the new address is listed after the old one was removed (${status})`, async () => {
      site.publish(4);
      await site.run();
      const before = await ids();
      site.later(hour);
      rename(status, { isListed: false });
      site.articles.set('aviso', { text: 'A seção mudou de endereço.', listed: '10/02/2026' });
      for (let visits = 0; visits < (status === 410 ? 1 : 3); visits++) {
        await site.run();
        site.later(day);
      }
      assert.deepEqual(await site.removed(), ['n0', 'n1', 'n2', 'n3']);
      for (const name of newNames) site.change(name, { isUnlisted: false });
      await site.run();
      await assertMoved(before);
    });
  }

  const page = (title: string, text: string): string =>
    `<div id="content"><h1 class="documentFirstHeading">${title}</h1><div id="content-core"><p>${text}</p></div></div>`;
  const elsewhere = [root, `${root}?b_start:int=0`, 'https://www.gov.br/mec/pt-br', 'https://www.gov.br/'];

  for (const location of elsewhere) {
    test(`to ${location} are no article of it`, async () => {
      site.publish(1);
      await site.run();
      site.override = (path) =>
        path === '' || path === '/mec/pt-br' || path === '/'
          ? [200, page('Ministério', 'Serviços em destaque.')]
          : undefined;
      const gone: Partial<SiteArticle> = { location };
      site.change('n0', gone);
      site.articles.set('nova', { text: 'x', listed: '10/03/2026', ...gone });
      const [before] = await site.rows('select * from news');
      site.later(hour);
      const { updated, removed, inserted, rejected } = await site.run();
      assert.deepEqual({ updated, removed, inserted, rejected }, { updated: 0, removed: 0, inserted: 0, rejected: 1 });
      assert.deepEqual(await site.rows('select * from news'), [before]);
      const failures = await site.rows(`select replace(subject, '${root}/', '') as name from quarantine`);
      assert.deepEqual(failures, [{ name: 'nova' }]);
    });
  }

  test('to an address beside the old one are followed', async () => {
    site.publish(1);
    await site.run();
    const before = await ids();
    site.later(hour);
    site.articles.set('n0-corrigida', {
      title: 'Título de n0',
      text: 'Texto corrigido.',
      listed: '',
      isUnlisted: true,
    });
    site.change('n0', { location: `${root}/n0-corrigida` });
    assert.equal((await site.run()).updated, 1);
    assert.deepEqual(await site.rows('select unique_id, content from news'), [
      { unique_id: before[0], content: 'Texto corrigido.' },
    ]);
  });
});
