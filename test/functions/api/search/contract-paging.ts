import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ContractArticle } from './contract-articles.ts';
import { type IndexUnderTest, walk } from './contract-searches.ts';

/** What pages of any index are, while articles come. */
export function describeSearchPages(name: string, skip: string | false, open: () => Promise<IndexUnderTest>): void {
  describe(`pages of a search on ${name}`, { skip }, () => {
    let under: IndexUnderTest;
    before(async () => {
      under = await open();
    });
    after(() => under?.close());

    for (const [order, query] of [
      ['date', {}],
      ['date, of words', { text: 'paginação' }],
      ['relevance', { text: 'paginação', sort: 'relevance' }],
    ] as const) {
      test(`pages by ${order} neither double nor miss anything while articles come and copies are folded`, async () => {
        const day = (hour: number) => `2025-06-01T${String(hour).padStart(2, '0')}:00:00-03:00`;
        const prefix = `paginas-${order.replaceAll(/\W+/g, '-')}`;
        const page = (number: number, more: Partial<ContractArticle> = {}): ContractArticle => ({
          id: `${prefix}_${String(number).padStart(6, '0')}`,
          title: `Paginação ${prefix}`,
          content: 'Paginação.',
          publishedAt: day(number % 7),
          tags: [prefix],
          ...more,
        });
        const hashes = ['bbbbbbbbbbbbbbb1', 'bbbbbbbbbbbbbbb2'];
        const first = Array.from({ length: 23 }, (_, number) =>
          page(number, number % 5 === 0 ? { contentHash: hashes[number % 2]! } : {}),
        );
        await under.insert(first);
        const seen = await walk(under.index, { ...query, limit: 4, filter: { tag: [prefix] } }, async (number) => {
          if (number >= 4) return;
          const came = [day(20), '2025-05-01T00:00:00-03:00'].map((publishedAt, which) =>
            page(100 + 10 * number + which, { publishedAt, createdAt: '2100-01-01T00:00:00Z' }),
          );
          await under.insert(came);
        });
        assert.equal(new Set(seen).size, seen.length, 'doubled');
        const standAlone = first.filter(({ contentHash }) => !contentHash).map(({ id }) => id);
        assert.deepEqual(seen.filter((id) => standAlone.includes(id)).sort(), standAlone.sort());
        assert.equal(seen.length, standAlone.length + hashes.length);
      });
    }
  });
}
