import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTypesense, type TypesenseStandIn } from './typesense.ts';

const fields = [
  { name: 'title', type: 'string' },
  { name: 'rank', type: 'int32' },
  { name: 'score', type: 'float', optional: true },
  { name: 'tags', type: 'string[]', facet: true, optional: true },
  { name: 'vector', type: 'float[]', num_dim: 3, optional: true },
];

describe('Typesense stand-in', () => {
  let standIn: TypesenseStandIn;
  before(async () => {
    standIn = await startTypesense({ apiKey: 'test-key' });
  });
  after(() => standIn.close());
  beforeEach(async () => {
    await send('DELETE', '/collections/books');
    await send('POST', '/collections', { name: 'books', fields, default_sorting_field: 'rank' });
  });

  async function send(method: string, path: string, body?: object | string, key = 'test-key') {
    const response = await fetch(standIn.url + path, {
      method,
      headers: { 'X-TYPESENSE-API-KEY': key },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : text };
  }
  async function importLines(lines: (object | string)[], query = 'action=create', collection = 'books') {
    const jsonl = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const { status, body } = await send('POST', `/collections/${collection}/documents/import?${query}`, jsonl);
    assert.equal(status, 200);
    return (body as string).split('\n').map((line) => JSON.parse(line) as unknown);
  }
  const refused = (error: string, code = 400) => ({ code, error, success: false });

  test('refuses a missing or wrong key with 401, but not to a health check', async () => {
    for (const path of ['/collections', '/collections/books', '/nowhere']) {
      const { status, body } = await send('GET', path, undefined, 'wrong');
      assert.equal(status, 401);
      assert.deepEqual(body, { message: 'Forbidden - a valid `x-typesense-api-key` header must be sent.' });
    }
    assert.deepEqual(await send('GET', '/health', undefined, ''), { status: 200, body: { ok: true } });
  });

  test('describes a collection with the defaults of its fields', async () => {
    const { body } = await send('GET', '/collections/books');
    const { created_at, ...rest } = body as Record<string, unknown>;
    assert.ok(Math.abs(Number(created_at) - Date.now() / 1000) < 60);
    const defaults = {
      facet: false,
      index: true,
      infix: false,
      locale: '',
      optional: false,
      sort: false,
      stem: false,
      store: true,
    };
    assert.deepEqual(rest, {
      default_sorting_field: 'rank',
      enable_nested_fields: false,
      fields: [
        { ...defaults, name: 'title', type: 'string' },
        { ...defaults, name: 'rank', type: 'int32', sort: true },
        { ...defaults, name: 'score', type: 'float', sort: true, optional: true },
        { ...defaults, name: 'tags', type: 'string[]', facet: true, optional: true },
        { ...defaults, name: 'vector', type: 'float[]', optional: true, num_dim: 3, vec_dist: 'cosine' },
      ],
      name: 'books',
      num_documents: 0,
      symbols_to_index: [],
      token_separators: [],
    });
    assert.deepEqual((await send('GET', '/collections')).body, [body]);
  });

  test('refuses schemas that Typesense refuses', async () => {
    const create = (schema: object | string) => send('POST', '/collections', schema);
    const title = { name: 'title', type: 'string' };
    const cases: [object | string, number, RegExp][] = [
      ['{', 400, /Bad JSON/],
      ['null', 400, /Bad JSON/],
      [{ fields: [title] }, 400, /`name` is required/],
      [{ name: '', fields: [title] }, 400, /non-empty string/],
      [{ name: 'c' }, 400, /`fields` is required/],
      [{ name: 'c', fields: [] }, 400, /`fields` value should be an array/],
      [{ name: 'c', fields: [null] }, 400, /Wrong format/],
      [{ name: 'c', fields: [{ name: 'title' }] }, 400, /Wrong format/],
      [{ name: 'c', fields: [{ name: 'title', type: 'text' }] }, 400, /invalid data type `text`/],
      [{ name: 'c', fields: [{ name: 'title', type: 'toString' }] }, 400, /invalid data type/],
      [
        { name: 'c', fields: [{ ...title, facet: 'yes' }] },
        400,
        /`facet` property of the field `title` should be a boolean/,
      ],
      [{ name: 'c', fields: [{ ...title, num_dim: 3 }] }, 400, /only allowed on a float array/],
      [{ name: 'c', fields: [{ name: 'v', type: 'float[]', num_dim: -1 }] }, 400, /positive integer/],
      [
        { name: 'c', fields: [{ name: 'v', type: 'float[]', num_dim: 3, facet: true }] },
        400,
        /not allowed on a vector/,
      ],
      [{ name: 'c', fields: [{ ...title, index: false, facet: true }] }, 400, /non-indexable/],
      [{ name: 'c', fields: [title, title] }, 400, /duplicate field names/],
      [{ name: 'c', fields: [title], default_sorting_field: 'rank' }, 400, /not found in the schema/],
      [{ name: 'c', fields: [title], default_sorting_field: 'title' }, 400, /not a sortable type/],
      [
        { name: 'c', fields: [{ name: 'n', type: 'int32', optional: true }], default_sorting_field: 'n' },
        400,
        /cannot be an optional/,
      ],
      [{ name: 'books', fields: [title] }, 409, /`books` already exists/],
    ];
    for (const [schema, status, message] of cases) {
      const answer = await create(schema);
      assert.equal(answer.status, status, JSON.stringify(schema));
      assert.match(String((answer.body as Record<string, unknown>).message), message);
    }
    assert.equal((await send('GET', '/collections/c')).status, 404);
  });

  test('takes good lines of an import and refuses each bad one in its place', async () => {
    const book = { id: '1', title: 'Um', rank: 1 };
    const results = await importLines([
      { ...book, tags: ['a'], vector: [0, 1, 2], unknown: { kept: true } },
      '{"id": "2", "title"',
      '[1]',
      { title: 'Sem rank', id: '3' },
      { ...book, id: '4', rank: 1.5 },
      { ...book, id: '5', title: 7 },
      { ...book, id: '6', tags: 'a' },
      { ...book, id: '7', tags: ['a', 1] },
      { ...book, id: '8', vector: [0, 1] },
      { ...book, id: '9', vector: [0, 1, null] },
      { ...book, id: '' },
      { ...book, id: 10 },
      book,
      { ...book, id: '11', score: null },
    ]);
    assert.match((results[1] as { error: string }).error, /^Bad JSON: /);
    results.splice(1, 1);
    assert.deepEqual(results, [
      { success: true },
      refused('Bad JSON: not a properly formed document.'),
      refused('Field `rank` has been declared in the schema, but is not found in the document.'),
      refused('Field `rank` must be an int32.'),
      refused('Field `title` must be a string.'),
      refused('Field `tags` must be an array.'),
      refused('Field `tags` must be an array of string.'),
      refused('Field `vector` must have 3 dimensions.'),
      refused('Field `vector` must be an array of float.'),
      refused('The `id` should not be empty.'),
      refused("Document's `id` field should be a string."),
      refused('A document with id 1 already exists.', 409),
      { success: true },
    ]);
    assert.deepEqual(standIn.documents('books'), [
      { ...book, tags: ['a'], vector: [0, 1, 2], unknown: { kept: true } },
      { ...book, id: '11' },
    ]);
  });

  test('returns documents and ids only when asked', async () => {
    const book = { id: '1', title: 'Um', rank: 1 };
    const results = await importLines([book, '{'], 'action=create&return_doc=true&return_id=true');
    assert.deepEqual(results[0], { document: book, id: '1', success: true });
    assert.equal((results[1] as { document: string }).document, '{');
  });

  test('each action treats a known and an unknown document in its way', async () => {
    const stored = { id: '1', title: 'Um', rank: 1, score: 0.5 };
    const outcomeOf = async (action: string, change: object) => {
      await importLines([stored], 'action=upsert');
      const [result] = await importLines([change], `action=${action}`);
      return [result, standIn.documents('books').find(({ id }) => id === '1')];
    };
    const missing = refused('Field `title` has been declared in the schema, but is not found in the document.');
    assert.deepEqual(await outcomeOf('emplace', { id: '1', rank: 2 }), [{ success: true }, { ...stored, rank: 2 }]);
    assert.deepEqual(await outcomeOf('update', { id: '1', score: null }), [
      { success: true },
      { id: '1', title: 'Um', rank: 1 },
    ]);
    assert.deepEqual(await outcomeOf('update', { id: '1', title: null }), [
      refused('Field `title` must be a string.'),
      stored,
    ]);
    assert.deepEqual(await outcomeOf('upsert', { id: '1', rank: 2 }), [missing, stored]);
    const other = { id: '1', title: 'Dois', rank: 2 };
    assert.deepEqual(await outcomeOf('upsert', other), [{ success: true }, other]);
    assert.deepEqual(await importLines([{ id: '2', rank: 2 }], 'action=emplace'), [missing]);
    assert.deepEqual(await importLines([{ id: '2', rank: 2 }], 'action=update'), [
      refused('Could not find a document with id: 2', 404),
    ]);
    assert.equal((await send('POST', '/collections/books/documents/import?action=replace', '{}')).status, 400);
  });

  test('gets and deletes documents by id', async () => {
    const book = { id: 'a b/c', title: 'Um', rank: 1 };
    await importLines([book]);
    const path = `/collections/books/documents/${encodeURIComponent(book.id)}`;
    assert.deepEqual(await send('GET', path), { status: 200, body: book });
    assert.deepEqual(await send('DELETE', path), { status: 200, body: book });
    const gone = { status: 404, body: { message: 'Could not find a document with id: a b/c' } };
    assert.deepEqual(await send('GET', path), gone);
    assert.deepEqual(await send('DELETE', path), gone);
    assert.deepEqual(await send('DELETE', `${path}?ignore_not_found=true`), { status: 200, body: { id: book.id } });
  });

  test('an alias leads to its collection, and to nothing once that is dropped', async () => {
    assert.equal((await send('GET', '/aliases/shelf')).status, 404);
    assert.deepEqual((await send('PUT', '/aliases/shelf', {})).status, 400);
    const alias = { collection_name: 'books', name: 'shelf' };
    assert.deepEqual(await send('PUT', '/aliases/shelf', { collection_name: 'books' }), { status: 200, body: alias });
    assert.deepEqual(await send('GET', '/aliases/shelf'), { status: 200, body: alias });
    assert.deepEqual((await send('GET', '/aliases')).body, { aliases: [alias] });
    await importLines([{ id: '1', title: 'Um', rank: 1 }], 'action=emplace', 'shelf');
    assert.equal(standIn.documents('shelf').length, 1);
    assert.equal(((await send('GET', '/collections/shelf')).body as { name: string }).name, 'books');
    await send('DELETE', '/collections/shelf');
    assert.equal((await send('GET', '/collections/shelf')).status, 404);
    assert.equal((await send('POST', '/collections/shelf/documents/import', '{}')).status, 404);
    assert.deepEqual(await send('DELETE', '/aliases/shelf'), { status: 200, body: alias });
    assert.equal((await send('DELETE', '/aliases/shelf')).status, 404);
  });

  test('an alias cannot take the name of a collection', async () => {
    const { status, body } = await send('PUT', '/aliases/books', { collection_name: 'others' });
    assert.equal(status, 500);
    assert.match(String((body as { message: string }).message), /conflicts with an existing collection/);
  });

  test('an unknown collection or path is 404', async () => {
    for (const [method, path] of [
      ['GET', '/collections/none'],
      ['DELETE', '/collections/none'],
      ['POST', '/collections/none/documents/import'],
      ['GET', '/collections/none/documents/1'],
      ['DELETE', '/collections/none/documents/1?ignore_not_found=true'],
      ['GET', '/collections/none/documents/search?q=*'],
      ['PATCH', '/collections/books'],
    ] as const) {
      assert.equal((await send(method, path, method === 'POST' ? '{}' : undefined)).status, 404, `${method} ${path}`);
    }
  });

  test('fails as often as it is told, over HTTP too, and changes nothing meanwhile', async () => {
    standIn.failNext(1, 429);
    assert.equal((await send('DELETE', '/collections/books')).status, 429);
    assert.equal((await send('GET', '/collections/books')).status, 200);
    await send('POST', '/_stand-in/fail', { count: 2, status: 500 }, '');
    assert.equal((await send('DELETE', '/collections/books')).status, 500);
    await send('POST', '/_stand-in/recover', '', '');
    assert.equal((await send('GET', '/collections/books')).status, 200);
  });

  test('stalls as told, and does the work although the client has gone', async () => {
    await send('POST', '/_stand-in/stall', { count: 1, ms: 150 }, '');
    const line = JSON.stringify({ id: 'late', title: 'Um', rank: 1 });
    const request = fetch(`${standIn.url}/collections/books/documents/import`, {
      method: 'POST',
      headers: { 'X-TYPESENSE-API-KEY': 'test-key' },
      body: line,
      signal: AbortSignal.timeout(50),
    });
    await assert.rejects(request, { name: 'TimeoutError' });
    assert.deepEqual(standIn.documents('books'), []);
    for (let n = 0; n < 50 && standIn.documents('books').length === 0; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(standIn.documents('books').length, 1);
  });

  test('told to stall after its work, it does it at once and only answers late', async () => {
    await send('POST', '/_stand-in/stall', { count: 1, ms: 60_000, when: 'after' }, '');
    const request = fetch(`${standIn.url}/collections/books/documents/import`, {
      method: 'POST',
      headers: { 'X-TYPESENSE-API-KEY': 'test-key' },
      body: JSON.stringify({ id: 'early', title: 'Um', rank: 1 }),
      signal: AbortSignal.timeout(150),
    });
    await assert.rejects(request, { name: 'TimeoutError' });
    assert.deepEqual(
      standIn.documents('books').map(({ id }) => id),
      ['early'],
    );
  });

  test('fails for as long as it is told', async () => {
    await send('POST', '/_stand-in/fail', { ms: 60_000, status: 429 }, '');
    for (let n = 0; n < 3; n += 1) assert.equal((await send('GET', '/collections/books')).status, 429);
    await send('POST', '/_stand-in/recover', '', '');
    assert.equal((await send('GET', '/collections/books')).status, 200);
  });

  test('exports a document a line, with the fields that are asked for', async () => {
    await importLines([
      { id: 'a', title: 'Um', rank: 1 },
      { id: 'b', title: 'Dois', rank: 2 },
    ]);
    const { body } = await send('GET', '/collections/books/documents/export?include_fields=id,rank');
    assert.equal(body, '{"rank":1,"id":"a"}\n{"rank":2,"id":"b"}');
    const { body: all } = await send('GET', '/collections/books/documents/export');
    assert.deepEqual(JSON.parse((all as string).split('\n')[0]!), { id: 'a', title: 'Um', rank: 1 });
    assert.equal((await send('GET', '/collections/nowhere/documents/export')).status, 404);
  });

  test('counts and exports what a filter of numbers lets through', async () => {
    await importLines([1, 2, 3].map((rank) => ({ id: `book ${rank}`, title: 'Um', rank })));
    const search = (fields: object) => ({ collection: 'books', q: '*', per_page: 0, ...fields });
    const searches = [{ filter_by: 'rank:>=2 && rank:<3' }, {}, { filter_by: 'size:>1' }, { q: 'um' }].map(search);
    const { body } = await send('POST', '/multi_search', { searches });
    const { results } = body as { results: { found?: number; code?: number }[] };
    assert.deepEqual(
      results.map(({ found, code }) => found ?? code),
      [1, 3, 400, 400],
    );
    const filter = encodeURIComponent('rank:<=1');
    const exported = await send('GET', `/collections/books/documents/export?filter_by=${filter}&include_fields=id`);
    assert.deepEqual(exported.body, '{"id":"book 1"}');
  });

  test('lists the requests of the API, not those to its controls', async () => {
    await send('GET', '/collections/books');
    const { body } = await send('GET', '/_stand-in/requests', undefined, '');
    assert.deepEqual(body, standIn.requests());
    assert.equal(standIn.requests().at(-1), 'GET /collections/books');
  });

  test('a port in use is an error', async () => {
    await assert.rejects(startTypesense({ apiKey: 'test-key', port: standIn.port }), { code: 'EADDRINUSE' });
  });
});

test('the stand-in closes while a request is stalled', async () => {
  const standIn = await startTypesense({ apiKey: 'test-key' });
  standIn.stallNext(1, 60_000);
  const stalled = assert.rejects(fetch(`${standIn.url}/health`));
  while (standIn.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await standIn.close();
  await stalled;
});
