import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ContractArticle } from './contract-articles.ts';
import { deadline, everything, type IndexUnderTest, idsOf, walk } from './contract-searches.ts';

const instant = '2024-05-06T00:00:00-03:00';
const number = (value: number, digits = 6) => String(value).padStart(digits, '0');

/** 300 ids of one instant, not in their order, then 300 of the seconds before. */
const crowd = Array.from({ length: 600 }, (_, position): ContractArticle => {
  const place = (position * 7) % 600;
  return {
    id: `multidao_${number(place)}`,
    title: place % 2 === 0 ? 'Carnaval' : 'Carnaval e folia',
    tags: ['multidão'],
    publishedAt: place < 300 ? instant : new Date(Date.parse(instant) - 1000 * place).toISOString(),
    model: null,
  };
});
const crowdIds = Array.from({ length: 600 }, (_, place) => `multidao_${number(place)}`);

/** Copies of texts stand far from each other, and have another alternative's word each. */
const repeated = Array.from(
  { length: 40 },
  (_, place): ContractArticle => ({
    id: `repetida_${number(place)}`,
    title: place < 20 ? 'Quermesse' : 'Procissão',
    contentHash: `cccccccccccccc${number(place % 20, 2)}`,
    publishedAt: new Date(Date.parse('2023-01-02T00:00:00Z') - 60_000 * place).toISOString(),
    model: null,
  }),
);

/** Where two indexes could differ unnoticed. */
export function describeSearchEdges(name: string, skip: string | false, open: () => Promise<IndexUnderTest>): void {
  describe(`edges of a search on ${name}`, { skip }, () => {
    let under: IndexUnderTest;
    before(async () => {
      under = await open();
      await under.insert(crowd);
      await under.insert(repeated);
    });
    after(() => under?.close());

    test('articles of one instant come by their ids, on pages of any length', async () => {
      const filter = { tag: ['multidão'] };
      for (const query of [{}, { text: 'carnaval' }, { limit: 7 }, { text: 'carnaval', limit: 99 }]) {
        assert.deepEqual(await walk(under.index, { filter, ...query }), crowdIds, JSON.stringify(query));
      }
    });

    test('alternatives by date go on to the end, without holes', async () => {
      for (const limit of [13, 100]) {
        assert.deepEqual(await walk(under.index, { text: 'folia or carnaval or nada', limit }), crowdIds);
      }
      const { total } = await under.index.find({ ...everything, text: 'folia or carnaval' }, deadline());
      assert.ok(total.count === 600 || !total.is_exact);
    });

    test('alternatives by date show each text once, its newest article, with its copies', async () => {
      const text = 'quermesse or procissão';
      const newest = repeated.slice(0, 20).map(({ id }) => id);
      for (const limit of [3, 100]) assert.deepEqual(await walk(under.index, { text, limit }), newest);
      const { results } = await under.index.find({ ...everything, text, limit: 1 }, deadline());
      assert.deepEqual(results[0]!.copies, [repeated[20]!.id]);
    });

    test('counts years as clocks in Brasília do, and as the filter of days', async () => {
      await under.insert([{ id: 'reveillon_000001', title: 'Réveillon', publishedAt: '2025-12-31T22:30:00-03:00' }]);
      const found = await under.index.find(
        { ...everything, text: 'réveillon', filter: { to: '2025-12-31' }, facets: ['year'] },
        deadline(),
      );
      assert.deepEqual(idsOf(found), ['reveillon_000001']);
      assert.deepEqual(found.facets.year, [{ value: '2025', label: '2025', count: 1 }]);
    });

    test('leaves out whatever has the text that is not wanted, by relevance', async () => {
      const article = { title: 'Ipê-amarelo floresce', publishedAt: instant };
      await under.insert([
        { ...article, id: 'ipe_000001', contentHash: 'ccccccccccccccc1' },
        { ...article, id: 'ipe_000002', contentHash: 'ccccccccccccccc1' },
        { ...article, id: 'ipe_000003', contentHash: 'ccccccccccccccc2' },
        { ...article, id: 'ipe_000004' },
      ]);
      const query = { ...everything, text: 'floresce', sort: 'relevance', exceptHash: 'ccccccccccccccc1' } as const;
      assert.deepEqual(idsOf(await under.index.find(query, deadline())).sort(), ['ipe_000003', 'ipe_000004']);
    });

    test('finds tags with spaces around them, and long ones, as they were published', async () => {
      const tags = [' com espaços ', 'muito '.repeat(30)];
      await under.insert([{ id: 'etiquetada_000001', title: 'Etiquetada', tags, publishedAt: instant }]);
      const count = async (tag: string) =>
        (await under.index.find({ ...everything, filter: { tag: [tag] } }, deadline())).total.count;
      for (const tag of tags) assert.deepEqual([await count(tag), await count(tag.trim())], [1, 0], tag);
    });
  });
}
