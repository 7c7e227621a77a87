import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutPostgres } from '../../support/database.ts';
import { day, hour, root, type SiteAnswer, useNewsSite } from './news-site.ts';

const held = { name: 'HeldError', category: 'html_changed' };

describe('the breaker of a source', { skip: withoutPostgres }, () => {
  const site = useNewsSite();
  const long = 'Um texto de uma notícia inteira. '.repeat(20);
  const slowEmptying = { vanish: { status: 410 }, halve: { text: 'Um resto.' } };

  for (const [name, fields] of Object.entries(slowEmptying)) {
    test(`opens within a day when a few ${name} with every run`, async () => {
      site.publish(24);
      site.changeAll({ text: long });
      await site.run();
      site.changeAll(fields);
      for (let runs = 0; runs < 2; runs++) {
        site.later(hour);
        assert.equal((await site.run({}, { maxRevisits: 2 })).revisited, 2);
      }
      site.later(hour);
      await assert.rejects(site.run({}, { maxRevisits: 2 }), {
        ...held,
        message: /of \d+ known articles visited within a day 6 vanished, halved/,
      });
      assert.equal(await site.isHeld(), true);
      const intact = `select from news where content = '${long.trim()}' and removed_at is null`;
      assert.equal((await site.rows(intact)).length, 20, 'those of the run that was stopped too');
    });
  }

  test('stays shut when as many vanish over many days', async () => {
    site.publish(24);
    await site.run();
    for (let index = 0; index < 8; index++) {
      site.later(2 * day);
      site.change(`n${index}`, { status: 410, isUnlisted: true });
      await site.run({ allowUpdate: true });
      assert.equal((await site.removed()).length, index + 1);
    }
  });

  test('does not count again what an operator has let through', async () => {
    site.publish(24);
    await site.run();
    site.later(hour);
    for (let index = 0; index < 8; index++) site.change(`n${index}`, { status: 410 });
    await assert.rejects(site.run(), held);
    site.later(hour);
    await site.release();
    site.later(60_000);
    assert.equal((await site.run()).removed, 8);
    assert.equal(await site.isHeld(), false);
    site.later(hour);
    site.change('n8', { status: 410 });
    assert.equal((await site.run()).removed, 1);
    site.later(hour);
    for (const name of ['n9', 'n10', 'n11', 'n12']) site.change(name, { status: 410 });
    await assert.rejects(site.run(), /within a day 5 vanished/, 'what came after it counts');
  });

  test('lets through all that was due at a release, over as many runs as it takes', async () => {
    site.publish(12);
    await site.run();
    site.later(hour);
    for (const [name, { text }] of site.articles) site.change(name, { text: `Novo rodapé em todas. ${text}` });
    await assert.rejects(site.run({}, { maxRevisits: 5 }), held);
    await site.release();
    for (const updated of [5, 5, 2]) {
      assert.equal((await site.run({}, { maxRevisits: 5 })).updated, updated);
      site.later(60_000);
    }
    assert.equal(await site.isHeld(), false);
    site.later(2 * hour);
    for (const [name, { text }] of site.articles) site.change(name, { text: `Outro rodapé. ${text}` });
    await assert.rejects(site.run({}, { maxRevisits: 5 }), held, 'a release is for what was due then');
  });

  test('lets through pages that stay unreadable', async () => {
    site.publish(12);
    await site.run();
    site.later(hour);
    let visits = 0;
    site.override = (path) => (/^\/n\d/.test(path) ? [200, `<p>Visita ${++visits}</p>`] : undefined);
    await assert.rejects(site.run({}, { maxRevisits: 5 }), held);
    await site.release();
    for (const rejected of [5, 5, 2]) {
      assert.equal((await site.run({}, { maxRevisits: 5 })).rejected, rejected);
      site.later(60_000);
    }
    assert.equal(await site.isHeld(), false);
    assert.equal((await site.stored()).length, 12);
  });

  test('stays open when it opened after the release under which a run began', async () => {
    site.publish(3);
    await site.run();
    site.later(hour);
    await site.release();
    site.override = async (path) => {
      const later = `held_at = released_at + interval '1 minute', held_reason = 'by another run'`;
      if (path.startsWith('?')) await site.db.query(`update sources set ${later}`);
      return undefined;
    };
    await site.run();
    assert.equal(await site.isHeld(), true);
    await assert.rejects(site.run(), held);
  });

  test('stays shut when a site moves to another engine, whose texts differ a little', async () => {
    site.publish(12);
    await site.run();
    site.later(hour);
    site.override = (path) => answerAsVolto(path, 'Leia também outras.');
    assert.deepEqual(await site.run().then(({ platform, updated }) => [platform, updated]), ['volto', 12]);
    site.later(2 * hour);
    site.override = () => undefined;
    assert.deepEqual(await site.run().then(({ platform, updated }) => [platform, updated]), ['classic', 12]);
    site.later(3 * hour);
    site.override = (path) => answerAsVolto(path, '', 'Um.');
    await assert.rejects(site.run(), held, 'unless they are halved');
  });

  /** The same articles, read through the API of Plone 6. */
  function answerAsVolto(path: string, ending: string, whole?: string): SiteAnswer {
    const json = (value: unknown): SiteAnswer => [200, JSON.stringify(value), { 'content-type': 'application/json' }];
    const documents = [...site.articles].map(([name, { text }]) => {
      const plain = whole ?? `${text} ${ending}`;
      return {
        '@id': `${root}/${name}`,
        '@type': 'News Item',
        title: `Título de ${name}`,
        effective: '2026-03-10T12:00:00+00:00',
        blocks: { a: { '@type': 'slate', plaintext: plain, value: [{ type: 'p', children: [{ text: plain }] }] } },
        blocks_layout: { items: ['a'] },
      };
    });
    if (path.includes('@search')) return json({ items: documents, batching: {} });
    if (path.includes('++api++')) return json(documents.find((one) => path.endsWith(one['@id'].slice(root.length))));
    if (!path.startsWith('?') && !path.startsWith('/n')) return undefined;
    const head = '<meta name="generator" content="Plone 6 - https://plone.org">';
    return [200, `<html><head>${head}</head><body><div id="main"></div></body></html>`];
  }
});
