import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { SearchQuery } from '../../../../functions/api/search/contract.ts';
import { contractArticles, contractModel, ids } from './contract-articles.ts';
import { type IndexUnderTest, idsOf, searchesOf } from './contract-searches.ts';

/** What filters of any index let through, and what they do not. */
export function describeSearchFilters(name: string, skip: string | false, open: () => Promise<IndexUnderTest>): void {
  describe(`filters of a search on ${name}`, { skip }, () => {
    let under: IndexUnderTest;
    before(async () => {
      under = await open();
      await under.insert(contractArticles);
    });
    after(() => under?.close());

    const { find, sortedIds, byRelevance } = searchesOf(() => under);

    test('filters by agencies', async () => {
      assert.deepEqual(
        await sortedIds({ filter: { agency: ['saude', 'ibge'] } }),
        ids('censo ferrovia-ibge vacina').sort(),
      );
      assert.deepEqual(await sortedIds({ filter: { agency: ['nobody'] } }), []);
      assert.deepEqual(await sortedIds({ filter: { agency: ['nobody', 'saude'] } }), ids('vacina'));
      assert.deepEqual(await sortedIds({ filter: { agency: ['SAUDE'] } }), []);
    });

    test('filters by a theme of any level', async () => {
      for (const [theme, found] of [
        ['02', 'educacao exame'],
        ['02.01', 'educacao exame'],
        ['02.01.01', 'exame'],
        ['02.02', ''],
        ['03', 'vacina'],
        ['99', ''],
      ] as const) {
        assert.deepEqual(await sortedIds({ filter: { theme } }), ids(found).sort(), theme);
      }
    });

    test('filters by tags exactly as they were published, whatever their characters', async () => {
      const tagged = contractArticles.find(({ id }) => id === ids('tags')[0])!.tags!;
      for (const tag of tagged) assert.deepEqual(await sortedIds({ filter: { tag: [tag] } }), ids('tags'), tag);
      for (const tag of ['r$ 1,5', 'R$ 15', 'enem', 'Enem 2026 ', '', '*', 'a`']) {
        assert.deepEqual(await sortedIds({ filter: { tag: [tag] } }), [], tag);
      }
      assert.deepEqual(
        await sortedIds({ filter: { tag: ['nobody', 'Enem', 'sus'] } }),
        ids('censo exame vacina').sort(),
      );
    });

    test('filters by having a summary', async () => {
      assert.deepEqual(await sortedIds({ filter: { hasSummary: true } }), ids('censo exame').sort());
      const without = await find({ filter: { hasSummary: false } });
      assert.equal(without.total.count, contractArticles.length - 2);
    });

    test('filters by days as clocks in Brasília count them, both ends included', async () => {
      assert.deepEqual(await sortedIds({ filter: { from: '2026-01-07', to: '2026-01-07' } }), ids('vacina'));
      assert.deepEqual(await sortedIds({ filter: { from: '2026-01-08' } }), ids('censo'));
      assert.deepEqual(await sortedIds({ filter: { to: '2026-01-01' } }), ids('outro-modelo sem-vetor').sort());
      assert.deepEqual(await sortedIds({ filter: { from: '1900-01-01', to: '1900-01-01' } }), []);
    });

    test('filters words and meaning alike', async () => {
      const text = 'trilhos de ferrovia';
      const found = async (filter: SearchQuery['filter']) => idsOf(await byRelevance(text, { filter })).sort();
      assert.deepEqual(await found({ agency: ['saude', 'ibge'] }), ids('censo ferrovia-ibge vacina').sort());
      assert.deepEqual(await found({ theme: '02', hasSummary: true }), ids('exame'));
      assert.deepEqual(await found({ from: '2026-01-08' }), ids('censo'));
      assert.deepEqual(await found({ tag: ['sus'] }), ids('vacina'));
    });

    const hostile = [
      '` || agency:=mec || `',
      '`] || id:!=[`',
      'mec`) || (id:!=x',
      'a\\`',
      '*',
      '[mec]',
      '>0',
      '!=x',
      '$other(id:=x)',
      "' or 1=1 --",
      "'; drop table news; --",
      '{mec}',
      '%',
      '_',
      '.*',
      '"mec"',
      ':',
      '&&',
      ')))',
    ];
    test('takes operators of filters for nothing but text', async () => {
      for (const text of hostile) {
        assert.deepEqual(await sortedIds({ filter: { agency: [text] } }), [], `agency ${text}`);
        assert.deepEqual(await sortedIds({ filter: { tag: [text] } }), [], `tag ${text}`);
        assert.deepEqual(await sortedIds({ filter: { theme: text } }), [], `theme ${text}`);
        const found = await find({ text, sort: 'relevance', filter: { agency: ['saude'] } });
        assert.ok(
          found.results.every(({ agency }) => agency === 'saude'),
          text,
        );
      }
    });

    test('finds nothing outside of the filter, whatever the texts', async () => {
      const piece = fc.oneof(
        fc.constantFrom('`', '\\', '[', ']', '(', ')', '&&', '||', ':=', '!', '"', '-', '*', ',', 'censo', 'Enem', ' '),
        fc.string({ unit: 'binary', maxLength: 6 }),
      );
      const texts = fc
        .array(piece, { maxLength: 8 })
        .map((parts) => parts.join('').toWellFormed().replaceAll('\0', ''));
      const vectors = fc
        .integer({ min: 1, max: 1_000_000 })
        .map((seed) => Float32Array.from({ length: 768 }, (_, position) => Math.sin(seed * (position + 1))));
      const articles = new Map(contractArticles.map((article) => [article.id, article]));
      await fc.assert(
        fc.asyncProperty(texts, texts, texts, vectors, async (text, agency, tag, vector) => {
          const embedding = { model: contractModel, vector };
          const filter = { agency: [agency, 'mec', 'ibge'], tag: [tag, 'Enem'], hasSummary: true };
          for (const sort of ['relevance', 'date'] as const) {
            const { results } = await find({ text, sort, embedding, filter, limit: 20, facets: ['agency', 'tag'] });
            for (const { unique_id: id, agency: own } of results) {
              assert.ok(own === 'mec' || own === 'ibge');
              const article = articles.get(id)!;
              assert.ok(article.summary && article.tags?.some((known) => known === 'Enem' || known === tag));
            }
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}
