import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Books, openBooks, serverName } from './typesense-books.ts';

/** The contract of the stand-in: the same holds on the server of TYPESENSE_HOST. */
describe(`search on ${serverName}`, () => {
  let books: Books;
  before(async () => {
    books = await openBooks();
  });
  after(() => books?.close());
  const idsOf = (parameters: Record<string, string>) => books.idsOf(parameters);
  const search = (parameters: Record<string, string>) => books.search(parameters);

  test('finds words in the named fields, without regard to accents and case, the last one as a prefix', async () => {
    const byTitle = (q: string) =>
      idsOf({ q, query_by: 'title', sort_by: 'rank:asc', num_typos: '0', drop_tokens_threshold: '0' });
    assert.equal(await byTitle('SAUDE'), 'a');
    assert.equal(await byTitle('vacin'), 'ab');
    assert.equal(await byTitle('saude vacin'), 'a');
    assert.equal(await byTitle('novidade'), '');
    assert.equal(await idsOf({ q: 'saude', query_by: 'title,body', sort_by: 'rank:asc', num_typos: '0' }), 'ab');
  });

  test('a star finds all, the highest of the default sorting field first, in pages', async () => {
    assert.equal(await idsOf({ q: '*' }), 'dcba');
    assert.equal(await idsOf({ q: '*', sort_by: 'rank:asc', per_page: '3', page: '2' }), 'd');
    const { body } = await search({ q: '*', per_page: '0' });
    assert.deepEqual([body.found, body.out_of, body.hits], [4, 4, []]);
    const { body: some } = await search({ q: '*', include_fields: 'id,rank', per_page: '1' });
    assert.deepEqual(some.hits[0].document, { id: 'd', rank: 4 });
  });

  test('filters by numbers, words, whole values, lists and booleans, joined and nested', async () => {
    for (const [filter, ids] of [
      ['rank:>=2 && rank:<4', 'bc'],
      ['rank:[1..2]', 'ab'],
      ['rank:[1,3]', 'ac'],
      ['rank:!=1', 'bcd'],
      ['score:>0.4', 'b'],
      ['shelf:=Saúde Pública', 'ab'],
      ['shelf:saude', 'ab'],
      ['shelf:=Saúde', ''],
      ['shelf:=[`Saúde Pública`,`Educação`]', 'abc'],
      ['tags:=sus', 'ac'],
      ['tags:=[enem,outra]', 'c'],
      ['lent:true', 'a'],
      ['id:=[a,d]', 'ad'],
      ['(rank:=1 || rank:=4) && tags:=sus', 'a'],
      ['rank:=1 || rank:=3 && tags:=enem', 'ac'],
    ] as const) {
      assert.equal(await idsOf({ q: '*', filter_by: filter, sort_by: 'rank:asc' }), ids, filter);
    }
  });

  test('counts facets and groups', async () => {
    const { body } = await search({ q: '*', facet_by: 'shelf,tags' });
    assert.deepEqual(
      body.facet_counts.map(
        ({ field_name, counts }: { field_name: string; counts: { value: string; count: number }[] }) => [
          field_name,
          ...counts.map(({ value, count }) => `${value} ${count}`),
        ],
      ),
      [
        ['shelf', 'Saúde Pública 2', 'Educação 1'],
        ['tags', 'sus 2', 'enem 1'],
      ],
    );
    const { body: grouped } = await search({
      q: '*',
      group_by: 'shelf',
      filter_by: 'rank:<4',
      sort_by: 'rank:asc',
      group_limit: '1',
    });
    assert.equal(grouped.found, 2);
    assert.deepEqual(
      grouped.grouped_hits.map(({ group_key, hits }: { group_key: string[]; hits: { document: { id: string } }[] }) => [
        ...group_key,
        ...hits.map(({ document }) => document.id),
      ]),
      [
        ['Saúde Pública', 'a'],
        ['Educação', 'c'],
      ],
    );
  });

  test('ranks by a vector, or by that of a document, and keeps to the filter', async () => {
    assert.equal(await idsOf({ q: '*', vector_query: 'vector:([1, 0, 0])' }), 'acb');
    assert.equal(await idsOf({ q: '*', vector_query: 'vector:([1, 0, 0], k: 2)' }), 'ac');
    assert.equal(await idsOf({ q: '*', vector_query: 'vector:([], id: a)', filter_by: 'rank:<3' }), 'b');
    const { body } = await search({ q: '*', vector_query: 'vector:([0, 1, 0], k: 1)' });
    assert.ok(Math.abs(body.hits[0].vector_distance) < 1e-6);
  });

  test('refuses what it cannot search for, each with its reason', async () => {
    for (const [parameters, status, message] of [
      [{}, 400, /Parameter `q` is required/],
      [{ q: 'x' }, 400, /No search fields specified/],
      [{ q: 'x', query_by: 'none' }, 404, /Could not find a field named `none` in the schema/],
      [{ q: '*', filter_by: 'none:=1' }, 400, /Could not find a filter field named `none` in the schema/],
      [{ q: '*', filter_by: 'rank' }, 400, /Could not parse the filter query/],
      [{ q: '*', filter_by: '(rank:1' }, 400, /Could not parse the filter query/],
      [{ q: '*', filter_by: 'rank:=um' }, 400, /Error with filter field `rank`: Not an int32/],
      [{ q: '*', filter_by: 'vector:=1' }, 400, /Cannot filter on vector field `vector`/],
      [{ q: '*', facet_by: 'title' }, 404, /Could not find a facet field named `title` in the schema/],
      [{ q: '*', group_by: 'title' }, 400, /Group by field `title` should be a facet field/],
      [{ q: '*', sort_by: 'none:asc' }, 404, /Could not find a field named `none` in the schema for sorting/],
      [{ q: '*', per_page: '251' }, 422, /Only upto 250 hits/],
      [{ q: '*', vector_query: 'title:([1])' }, 400, /Field `title` does not have a vector query index/],
      [{ q: '*', vector_query: 'vector:([1, 2])' }, 400, /Query field `vector` must have 3 dimensions/],
    ] as [Record<string, string>, number, RegExp][]) {
      const answer = await search(parameters);
      assert.equal(answer.status, status, JSON.stringify(parameters));
      assert.match(answer.body.message, message);
    }
    const { status } = await books.send('GET', `/collections/${books.name}/documents/export?filter_by=none:=1`);
    assert.equal(status, 400);
  });

  test('of searches in one request each fails for itself', async () => {
    const searches = [{ q: '*' }, { q: '*', filter_by: 'none:1' }, { q: '*', collection: 'nowhere' }];
    const { text } = await books.send('POST', '/multi_search', {
      searches: searches.map((one) => ({ collection: books.name, ...one })),
    });
    assert.deepEqual(
      JSON.parse(text).results.map(({ found, code }: { found?: number; code?: number }) => found ?? code),
      [4, 400, 404],
    );
  });
});
