import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Books, openBooks, serverName } from './typesense-books.ts';

/** What the search of the project leans on: the same holds on the server of TYPESENSE_HOST. */
describe(`queries, groups and highlights on ${serverName}`, () => {
  let books: Books;
  before(async () => {
    books = await openBooks();
    await books.insert([
      { id: 'e', title: 'Ferrovia Norte-Sul', rank: 5, shelf: 'a && b', tags: ['x, y', '(z)'], body: 'R$ 1,5 milhão' },
      {
        id: 'f',
        title: 'Ferrovia do norte',
        rank: 6,
        tags: ['`tick`'],
        body: `${'um '.repeat(40)}trilho ${'dois '.repeat(40)}`,
      },
    ]);
  });
  after(() => books?.close());

  const byText = (q: string, query_by = 'title,body') =>
    books.idsOf({ q, query_by, sort_by: 'rank:asc', num_typos: '0', drop_tokens_threshold: '0' });

  test('understands phrases and exclusions, and takes a text without words for everything', async () => {
    assert.equal(await byText('"ferrovia do norte"'), 'f');
    assert.equal(await byText('"norte ferrovia"'), '');
    assert.equal(await byText('ferrovia -norte'), 'e');
    assert.equal(await byText('-ferrovia -vacina -saude'), 'cd');
    assert.equal(await byText('!!!'), 'abcdef');
  });

  test('drops words from the end while too few documents have all', async () => {
    const found = (drop_tokens_threshold: string) =>
      books.idsOf({ q: 'ferrovia sul', query_by: 'title', sort_by: 'rank:asc', num_typos: '0', drop_tokens_threshold });
    assert.equal(await found('0'), '');
    assert.equal(await found('1'), 'ef');
  });

  test('leaves punctuation out of words, which it does not part', async () => {
    assert.equal(await byText('nortesul'), 'e');
    assert.equal(await byText('sul'), '');
    assert.equal(await byText('15'), 'e');
  });

  test('weighs fields as asked', async () => {
    const order = (weights: string) =>
      books.idsOf({ q: 'saude', query_by: 'title,body', query_by_weights: weights, num_typos: '0' });
    assert.equal(await order('9,1'), 'ab');
    assert.equal(await order('1,9'), 'ba');
  });

  test('compares filters by words, and keeps what stands between backticks together', async () => {
    for (const [filter, ids] of [
      ['shelf:=`a && b`', 'e'],
      ['shelf:=[`a && b`,`nada`]', 'e'],
      ['shelf:=`A  B!`', 'e'],
      ['tags:=[`x, y`]', 'e'],
      ['tags:=[`(z)`]', 'e'],
      ['tags:=[`tick`]', 'f'],
      ['shelf:`pub*`', ''],
      ['shelf:pub*', 'ab'],
      ['id:=[`a`,`d`]', 'ad'],
      ['id:*', 'abcdef'],
      ['id:!=[a,b]', 'cdef'],
      ['shelf:!=[`a && b`]', 'abcdf'],
      ['rank:[<2,5..6]', 'aef'],
    ] as const) {
      assert.equal(await books.idsOf({ q: '*', filter_by: filter, sort_by: 'rank:asc' }), ids, filter);
    }
  });

  test('a backtick in a literal ends it, escaped or not', async () => {
    for (const filter_by of ['tags:=[`a\\` || rank:>0 || tags:=`b`]', 'tags:=[`a` || rank:>0 || tags:=`b`]']) {
      const { status, body } = await books.search({ q: '*', filter_by });
      assert.ok(status === 400 || body.found > 0, `${filter_by}: ${JSON.stringify(body)}`);
    }
  });

  test('groups keep their order, by offset, and documents without a value apart when told', async () => {
    const grouped = async (parameters: Record<string, string>) => {
      const { body } = await books.search({ q: '*', group_by: 'shelf', sort_by: 'rank:asc', ...parameters });
      const ids = ({ hits }: { hits: { document: { id: string } }[] }) =>
        hits.map(({ document }) => document.id).join('');
      return { groups: body.grouped_hits.map(ids).join(' '), documents: body.found_docs };
    };
    assert.deepEqual(await grouped({}), { groups: 'ab c df e', documents: 6 });
    assert.deepEqual(await grouped({ group_missing_values: 'false' }), { groups: 'ab c d e f', documents: 6 });
    const page = { group_missing_values: 'false', group_limit: '1', offset: '1', per_page: '2' };
    assert.deepEqual(await grouped(page), { groups: 'c d', documents: 6 });
    assert.equal(await books.idsOf({ q: '*', sort_by: 'rank:asc', offset: '4', per_page: '1' }), 'e');
  });

  test('counts groups in the facets of a search that groups', async () => {
    const { body } = await books.search({ q: '*', group_by: 'shelf', facet_by: 'shelf', facet_strategy: 'exhaustive' });
    const [{ counts }] = body.facet_counts;
    const count = counts.find(({ value }: { value: string }) => value === 'Saúde Pública').count;
    assert.equal(count, 1);
  });

  test('highlights what was found, a beginning as far as it goes, and escapes nothing', async () => {
    await books.insert([{ id: 'g', title: '<b>Açude</b> & açudes', rank: 7 }]);
    const { body } = await books.search({
      q: 'acude',
      query_by: 'title,body',
      highlight_full_fields: 'title',
      highlight_start_tag: '{',
      highlight_end_tag: '}',
      enable_highlight_v1: 'false',
      include_fields: 'id',
      highlight_fields: 'title,body',
    });
    const [{ highlight, highlights }] = body.hits;
    assert.equal(highlights, undefined);
    assert.deepEqual(Object.keys(highlight), ['title']);
    assert.match(highlight.title.value, /\{a[cç]ude\}s/);
    assert.match(highlight.title.value, /</);
    await books.send('DELETE', `/collections/${books.name}/documents/g`);
  });

  test('cuts a snippet out of a long text', async () => {
    const { body } = await books.search({ q: 'trilho', query_by: 'body', highlight_affix_num_tokens: '2' });
    const { snippet, value } = body.hits[0].highlight.body;
    assert.match(snippet, /^um um <mark>trilho<\/mark> dois dois/);
    assert.ok(snippet.length < 60);
    assert.equal(value, undefined);
  });

  test('searches by words and a vector together', async () => {
    const hybrid = (parameters: Record<string, string>) =>
      books.idsOf({ q: 'escolas', query_by: 'title', num_typos: '0', ...parameters });
    const near = 'vector:([1, 0, 0], k: 2, alpha: 0.9)';
    assert.equal(await hybrid({ vector_query: near }), 'ac');
    assert.equal(await hybrid({ vector_query: near.replace('0.9', '0.1') }), 'ca');
    assert.equal(await hybrid({ vector_query: near, filter_by: 'rank:>1' }), 'cb');
    assert.equal(await hybrid({ vector_query: 'vector:([], id: a, k: 1)' }), 'c');
  });

  test('refuses what it cannot do, each with its reason', async () => {
    for (const [parameters, status, message] of [
      [{ filter_by: 'rank:1 || (rank:2' }, 400, /unbalanced parentheses/],
      [{ filter_by: 'rank:1 & rank:2' }, 400, /Could not parse the filter|Not an int32/],
      [{ filter_by: '| rank:2' }, 400, /Could not parse the filter/],
      [{ filter_by: 'shelf:=' }, 400, /Filter value cannot be empty/],
      [{ filter_by: 'lent:sim' }, 400, /must be `true` or `false`/],
      [{ filter_by: Array(60).fill('rank:1').join('||') }, 400, /too many operations. Maximum allowed: 100/],
      [{ q: 'x', query_by: 'title', query_by_weights: '1,2' }, 400, /Number of weights in `query_by_weights`/],
      [{ group_by: 'shelf', group_limit: '0' }, 400, /`group_limit` must be between 1 and 99/],
      [{ group_by: 'shelf', group_limit: '100' }, 400, /`group_limit` must be between 1 and 99/],
      [{ group_by: 'id' }, 400, /Cannot use `id` as a group by field/],
      [{ facet_by: 'shelf', facet_strategy: 'all' }, 400, /Invalid facet index type/],
      [{ sort_by: 'rank:asc,score:asc,rank:desc,score:desc' }, 400, /Only upto 3 sort fields/],
      [{ vector_query: 'vector:([1, 0, x])' }, 400, /one of the vector values is not a float/],
      [{ vector_query: 'vector:([1, 0, 0], k: many)' }, 400, /`k` parameter must be an integer/],
      [{ vector_query: 'vector:([1, 0, 0], id: a)' }, 400, /cannot pass both vector query and `id`/],
      [{ vector_query: 'vector:([], id: nobody)' }, 400, /Document id referenced in vector query is not found/],
      [{ vector_query: 'vector:([], id: d)' }, 400, /does not contain a valid vector field/],
      [{ vector_query: 'vector:([])' }, 400, /an `id` parameter must be present/],
      [{ vector_query: 'vector:([1, 0, 0], distance_threshold: 3)' }, 400, /between 0.0-2.0/],
      [{ vector_query: '[1, 0, 0]' }, 400, /Malformed vector query string/],
      [{ q: 'x'.repeat(4000), query_by: 'title' }, 400, /exceeds max allowed length of 4000/],
    ] as [Record<string, string>, number, RegExp][]) {
      const { status: given, body } = await books.search({ q: '*', ...parameters });
      assert.equal(given, status, JSON.stringify(parameters).slice(0, 100));
      assert.match(body.message, message);
    }
  });

  test('takes texts of any length in a body', async () => {
    const searches = [{ collection: books.name, q: 'x'.repeat(5000), query_by: 'title', num_typos: 0 }];
    const { status, text } = await books.send('POST', '/multi_search', { searches });
    assert.deepEqual([status, JSON.parse(text).results[0].found], [200, 0]);
    const { status: many, text: why } = await books.send('POST', '/multi_search', { searches: Array(51).fill({}) });
    assert.equal(many, 400);
    assert.match(why, /exceeds `limit_multi_searches` parameter/);
  });
});
