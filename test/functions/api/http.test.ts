import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogFields } from '../../../shared/log.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { type Api, serveApi } from './api-server.ts';

describe('the api over HTTP', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let api: Api;
  const lines: { message: string; fields: LogFields }[] = [];
  const keep = (message: string, fields: LogFields = {}) => void lines.push({ message, fields });
  before(async () => {
    database = await createTestDatabase();
    api = await serveApi(database.db, { log: { info: keep, warning: keep, error: keep } });
  });
  after(async () => {
    await api?.close();
    await database?.drop();
  });

  /** The parameters that an answer of 400 names. */
  const refused = async (query: string): Promise<string[]> => {
    const { status, headers, body } = await api.get(`/search?${query}`);
    assert.equal(status, 400, query);
    assert.match(headers.get('content-type')!, /^application\/problem\+json/);
    return body.invalid_parameters.map(({ parameter }: { parameter: string }) => parameter).sort();
  };

  test('names every parameter that it refuses', async () => {
    assert.deepEqual(
      await refused(
        'q=%00&agency=mec;drop&theme=2&tag=%00&from=2025-02-30&to=tomorrow&has_summary=1&facets=agency,x&sort=best' +
          '&limit=0&page=2&constructor=1&limit2=1&__proto__=1',
      ),
      [
        '__proto__',
        'agency',
        'constructor',
        'facets',
        'from',
        'has_summary',
        'limit',
        'limit2',
        'page',
        'q',
        'sort',
        'tag',
        'theme',
        'to',
      ],
    );
    const { body } = await api.get('/search?from=2025-02-30&order=date');
    assert.deepEqual(body, {
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail:
        'Some parameters cannot be used: order is not known here; from must be a day that exists, as YYYY-MM-DD. ' +
        'Known here: q, agency, theme, from, to, tag, has_summary, facets, sort, limit, cursor.',
      invalid_parameters: [
        { parameter: 'order', detail: 'is not known here' },
        { parameter: 'from', detail: 'must be a day that exists, as YYYY-MM-DD' },
      ],
    });
  });

  test('names twenty of them at most', async () => {
    const { status, body } = await api.get(
      `/search?${Array.from({ length: 300 }, (_, index) => `x${index}=1`).join('&')}`,
    );
    assert.equal(status, 400);
    assert.equal(body.invalid_parameters.length, 20);
    assert.match(body.detail, /x19 is not known here; and 280 more\. Known here: q,/);
    assert.doesNotMatch(body.detail, /x20/);
  });

  test('refuses what is out of bounds', async () => {
    for (const limit of ['0', '101', '-1', '1.5', '1e1', 'abc', ' ']) {
      assert.deepEqual(await refused(`limit=${encodeURIComponent(limit)}`), ['limit']);
    }
    for (const from of ['0000-01-01', '2025-2-1', '20250201', '2025-02-29', '+002025-01-01', '2025-01-01T00:00:00Z']) {
      assert.deepEqual(await refused(`from=${encodeURIComponent(from)}`), ['from']);
    }
    assert.deepEqual(await refused('from=2025-02-02&to=2025-02-01'), ['from']);
    assert.deepEqual(await refused('from=2025-02-02&to=2025-02-01&limit=many'), ['from', 'limit']);
    for (const agency of [',', 'mec,', "mec' or '1'='1", 'MEC', '*', '%']) {
      assert.deepEqual(await refused(`agency=${encodeURIComponent(agency)}`), ['agency']);
    }
    for (const theme of ['1', '01.', '01.1', '01.01.01.01', '01%', 'Saúde']) {
      assert.deepEqual(await refused(`theme=${encodeURIComponent(theme)}`), ['theme']);
    }
    assert.deepEqual(await refused('q=a&q=b&limit=1&limit=2'), ['limit', 'q']);
    assert.deepEqual(await refused('sort=relevance'), ['sort']);
    const words = Array.from({ length: 65 }, (_, index) => `palavra${index}`);
    assert.deepEqual(await refused(`q=${words.join('+')}`), ['q']);
    assert.deepEqual(await refused(`q=-${words.join('+-')}`), ['q']);
    assert.deepEqual(await refused(`q=${'a,b,'.repeat(33)}`), ['q']);
    assert.equal((await api.get(`/search?q=${words.slice(1).join('+')}`)).status, 200);
    assert.equal((await api.get(`/search?q=${'mil+'.repeat(240)}`)).status, 200);
    assert.equal((await api.get(`/search?q="${'mil+'.repeat(240)}"`)).status, 200);
    assert.deepEqual(await refused('facets=agency&facets=year'), ['facets']);
    assert.deepEqual(await refused('tag=a&'.repeat(21)), ['tag']);
    assert.deepEqual(await refused(`tag=${'a'.repeat(501)}`), ['tag']);
    assert.deepEqual(await refused(`agency=${Array(201).fill('mec').join(',')}`), ['agency']);
    assert.deepEqual(await refused('agency=a,,b&agency=%25&agency=C'), ['agency']);
  });

  test('takes a text of 1,000 characters and refuses a longer one', async () => {
    assert.equal((await api.get(`/search?q=${'a'.repeat(1000)}`)).status, 200);
    assert.equal((await api.get(`/search?q=${encodeURIComponent('🚀'.repeat(1000))}`)).status, 200);
    assert.deepEqual(await refused(`q=${'a'.repeat(1001)}`), ['q']);
    assert.deepEqual(await refused(`q=${'a'.repeat(10_000)}`), ['q']);
  });

  test('refuses parameters where there are none', async () => {
    for (const path of ['/articles/x_000000', '/status', '/health']) {
      assert.equal((await api.get(`${path}?q=1`)).status, 400, path);
      assert.notEqual((await api.get(`${path}?`)).status, 400, path);
    }
  });

  test('answers in JSON that any page may read', async () => {
    for (const path of ['/search', '/health', '/status', '/nowhere', '/search?limit=0']) {
      const { headers } = await api.get(path);
      assert.match(headers.get('content-type')!, /^application\/(problem\+)?json; charset=utf-8$/, path);
      assert.equal(headers.get('access-control-allow-origin'), '*', path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.ok(headers.get('cache-control'), path);
    }
  });

  test('has nothing at other paths', async () => {
    for (const path of [
      '/',
      '/search/',
      '/searches',
      '/articles',
      '/articles/',
      '/articles/a/b',
      '//x/search',
      '/status.json',
    ]) {
      const { status, body, headers } = await api.get(path);
      assert.equal(status, 404, path);
      assert.equal(body.title, 'Not Found');
      assert.equal(headers.get('cache-control'), 'no-store');
    }
  });

  test('allows only GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers, body } = await api.get('/search', { method });
      assert.equal(status, 405, method);
      assert.equal(headers.get('allow'), 'GET, HEAD, OPTIONS');
      assert.equal(body.status, 405);
    }
    assert.equal((await api.get('/nowhere', { method: 'POST' })).status, 404);
  });

  test('tells a browser what any page may ask', async () => {
    const { status, text, headers } = await api.get('/search?q=a', {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'if-none-match' },
    });
    assert.equal(status, 204);
    assert.equal(text, '');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('access-control-allow-methods'), 'GET, HEAD, OPTIONS');
    assert.match(headers.get('access-control-allow-headers')!, /If-None-Match/);
    assert.match((await api.get('/search')).headers.get('access-control-expose-headers')!, /ETag.*RateLimit/);
    assert.equal((await api.get('/nowhere', { method: 'OPTIONS' })).status, 404);
  });

  test('makes problems of what the framework refuses, once it was called', async () => {
    await api.get('/health');
    const json = { 'content-type': 'application/json' };
    const refusals: [path: string, init: RequestInit][] = [
      ['/articles/%E0%A4%A', {}],
      ['/%ff', {}],
      ['/search', { method: 'POST', headers: json, body: '{' }],
      ['/search', { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: 'no gzip' }],
    ];
    for (const [path, init] of refusals) {
      const { status, headers, body } = await api.get(path, init);
      assert.equal(status, 400, path);
      assert.match(headers.get('content-type')!, /^application\/problem\+json/);
      assert.equal(body.status, 400);
      assert.equal(headers.get('access-control-allow-origin'), '*');
    }
  });

  test('answers 304 to who has the answer already', async () => {
    for (const path of ['/search', '/search?q=a&limit=1']) {
      const first = await api.get(path);
      const etag = first.headers.get('etag')!;
      assert.match(etag, /^W\/"[\w-]{22}"$/, path);
      for (const header of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
        for (const method of ['GET', 'HEAD']) {
          const { status, text, headers } = await api.get(path, { method, headers: { 'if-none-match': header } });
          assert.equal(status, 304, `${path} ${header}`);
          assert.equal(text, '');
          assert.equal(headers.get('etag'), etag);
          assert.equal(headers.get('cache-control'), 'public, max-age=60');
          assert.equal(headers.get('access-control-allow-origin'), '*');
        }
      }
      for (const header of ['"other"', 'W/"', '", "', '', '\'"*"']) {
        assert.equal((await api.get(path, { headers: { 'if-none-match': header } })).status, 200, header);
      }
    }
    for (const path of ['/health', '/nowhere']) assert.equal((await api.get(path)).headers.get('etag'), null, path);
  });

  test('answers HEAD with the headers of GET', async () => {
    const [head, got] = [await api.get('/search?q=a', { method: 'HEAD' }), await api.get('/search?q=a')];
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    for (const name of ['content-type', 'content-length', 'cache-control']) {
      assert.equal(head.headers.get(name), got.headers.get(name), name);
    }
    assert.equal((await api.get('/search?limit=0', { method: 'HEAD' })).status, 400);
  });

  test('logs one line a request, by route and trace, without what was looked for', async () => {
    lines.length = 0;
    const traceparent = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`;
    await api.get('/search?q=segredo', { headers: { traceparent } });
    await api.get('/articles/segredo_000000', { headers: { traceparent } });
    assert.deepEqual(
      lines.map(({ message, fields: { durationMs: _, ...fields } }) => ({ message, ...fields })),
      [
        { message: 'request done', route: '/search', status: 200 },
        { message: 'request done', route: '/articles/:id', status: 404 },
      ].map((line) => ({ ...line, stage: 'api', 'logging.googleapis.com/trace': 'a1'.repeat(16) })),
    );
  });

  test('is healthy while the database answers', async () => {
    const { status, body, headers } = await api.get('/health');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'ok' });
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  test('is not healthy when the database takes longer than two seconds', async () => {
    const busy = await openPostgres({ url: database.url }, { maxConnections: 1 });
    const held = Promise.withResolvers<void>();
    const holding = busy.session(() => held.promise);
    const slow = await serveApi(busy);
    const startedAt = performance.now();
    const { status, body } = await slow.get('/health');
    const elapsedMs = performance.now() - startedAt;
    held.resolve();
    await holding;
    await slow.close();
    await busy.close();
    assert.equal(status, 503);
    assert.equal(body.title, 'Service Unavailable');
    assert.ok(elapsedMs > 1900 && elapsedMs < 30_000, `${elapsedMs} ms`);
  });

  test('keeps the reason of its own failures to the log', async () => {
    const gone = await openPostgres({ url: database.url });
    await gone.close();
    const failing = await serveApi(gone, { log: { info: keep, warning: keep, error: keep } });
    lines.length = 0;
    const search = await failing.get('/search?q=a');
    const health = await failing.get('/health');
    await failing.close();
    assert.equal(search.status, 500);
    assert.equal(search.headers.get('cache-control'), 'no-store');
    assert.doesNotMatch(search.text, /pool/);
    assert.equal(health.status, 503);
    assert.deepEqual(
      lines.map(({ message, fields }) => [message, fields.status, /pool/.test(String(fields.error))]),
      [
        ['vectors of the model not looked for', undefined, true],
        ['request failed', 500, true],
        ['request failed', 503, true],
      ],
    );
  });
});
