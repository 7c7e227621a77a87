import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createRateLimit } from '../../../../functions/api/rate-limit.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../../support/database.ts';
import { type Api, serveApi } from '../api-server.ts';
import { seedArticles, seedCatalogue } from '../seed.ts';

const attacks = [
  `' or '1'='1`,
  `'; drop table news; --`,
  `') union select key, name from agencies --`,
  `1; select pg_sleep(10)`,
  `$1`,
  `$$; drop table news; $$`,
  `\\'; delete from news; --`,
  `"; copy news to program 'id'; --`,
  `}'; drop table news; --`,
  `{"a":1}`,
  `a' & !b | (c <-> d):*`,
  `((((((((`,
  `!!!!!!!!!!`,
  `<->`,
  `'a':* <2> 'b'`,
  `%`,
  `_%_`,
  `.*`,
  `(a+)+$`,
  `[[:alpha:]]*`,
  `*`,
  `\\`,
  `\\u0000`,
  `agency:=mec && id:*`,
  `mec] || agency:!=[x`,
  '`mec`',
  `__proto__`,
  `constructor`,
  `<script>alert(1)</script>`,
  `../../../etc/passwd`,
  `\r\nset-cookie: a=b`,
  `${'a'.repeat(300)}`,
  `2026-01-01'::date; --`,
  `-1`,
  `NaN`,
  `1e9`,
  `true'`,
  `\u202e\ufeff`,
  `ﷺ`.repeat(50),
];

describe('hostile input', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let api: Api;
  let limited: Api;
  const ids = ['mec_000001', 'saude_000002'];
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    await seedArticles(database.db, [
      { id: ids[0]!, title: 'Escola', themes: ['02'], tags: ['a'] },
      { id: ids[1]!, title: 'Vacina', agency: 'saude', themes: ['03'], summary: 'Resumo' },
    ]);
    api = await serveApi(database.db, { trustedProxies: 1 });
    limited = await serveApi(database.db, { trustedProxies: 1, rateLimit: createRateLimit(2, () => 0) });
  });
  after(async () => {
    await api?.close();
    await limited?.close();
    const { rows } = await database.db.query<{ count: number }>('select count(*) from news');
    assert.equal(rows[0]!.count, 2);
    await database?.drop();
  });

  /** Statuses that an attack may have, and how much it may see. */
  const parameters: [parameter: string, statuses: readonly number[], path: string][] = [
    ['q', [200], '/search?sort=date&'],
    ['q', [200], '/search?facets=tag&'],
    ['agency', [400], '/search?'],
    ['theme', [400], '/search?'],
    ['tag', [200], '/search?'],
    ['from', [400], '/search?'],
    ['to', [400], '/search?'],
    ['has_summary', [400], '/search?'],
    ['facets', [400], '/search?'],
    ['sort', [400], '/search?'],
    ['limit', [400], '/search?'],
    ['cursor', [400], '/search?'],
    ['limit', [400], `/articles/${ids[0]}/similar?`],
    ['agency', [400], `/articles/${ids[0]}/similar?`],
    ['theme', [400], `/articles/${ids[0]}/similar?`],
    ['from', [400], `/articles/${ids[0]}/similar?`],
    ['to', [400], `/articles/${ids[0]}/similar?`],
  ];

  test('is refused by every parameter, or finds what has these very words or this very tag', async () => {
    const unknownAgency = /^[a-z0-9_-]+$/;
    for (const [parameter, statuses, path] of parameters) {
      for (const attack of attacks) {
        const { status, body, text } = await api.get(`${path}${new URLSearchParams({ [parameter]: attack })}`);
        const said = `${path} ${parameter}=${attack.slice(0, 40)}: ${text.slice(0, 300)}`;
        // A key that no agency has is well formed.
        const isKey = parameter === 'agency' && unknownAgency.test(attack);
        assert.ok(isKey ? status === 200 : statuses.includes(status), said);
        if (status === 400)
          assert.deepEqual(
            body.invalid_parameters.map((one: { parameter: string }) => one.parameter),
            [parameter],
            said,
          );
        if (parameter === 'tag' || isKey) assert.equal(body.count, 0, said);
      }
    }
  });

  test('is no parameter', async () => {
    for (const attack of attacks) {
      const { status } = await api.get(`/search?${new URLSearchParams({ [attack]: '1' })}`);
      assert.equal(status, 400, attack);
    }
  });

  test('is no article, in any path', async () => {
    for (const attack of [...attacks, '%00', '\0', 'mec_000001\0', "mec_000001' --", 'MEC_000001 ']) {
      for (const rest of ['', '/similar']) {
        const { status, body } = await api.get(`/articles/${encodeURIComponent(attack)}${rest}`);
        assert.equal(status, 404, attack);
        assert.equal(body.status, 404);
      }
    }
  });

  test('in JSON of a cursor is refused, or harmless', async () => {
    const { next } = (await api.get('/search?limit=1')).body;
    const fields = JSON.parse(Buffer.from(next, 'base64url').toString());
    for (const attack of attacks) {
      for (const name of Object.keys(fields)) {
        const cursor = Buffer.from(JSON.stringify({ ...fields, [name]: attack })).toString('base64url');
        const { status } = await api.get(`/search?limit=1&cursor=${cursor}`);
        assert.ok(status === 400 || (status === 200 && name === 'u'), `${name}=${attack}: ${status}`);
      }
    }
  });

  /** As `fetch` would refuse to send it. */
  const raw = (path: string, headers: Record<string, string>, base = api.url) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(base + path, { headers, insecureHTTPParser: true }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      asked.on('error', reject);
      asked.end();
    });

  test('in headers changes nothing', async () => {
    for (const attack of attacks.map((text) => text.replace(/[^\x20-\x7e]/g, '?'))) {
      for (const name of ['x-forwarded-for', 'if-none-match', 'traceparent', 'origin', 'user-agent']) {
        const isEverything = name === 'if-none-match' && attack === '*';
        assert.equal(await raw('/search', { [name]: attack }), isEverything ? 304 : 200, `${name}: ${attack}`);
      }
    }
  });

  test('in X-Forwarded-For buys no more requests', async () => {
    const statuses: number[] = [];
    for (const attack of attacks.map((text) => text.replace(/[^\x20-\x7e]/g, '?'))) {
      statuses.push(await raw('/search', { 'x-forwarded-for': `${attack}, 203.0.113.9` }, limited.url));
    }
    assert.deepEqual(statuses.filter((status) => status === 200).length, 2);
    assert.deepEqual(new Set(statuses), new Set([200, 429]));
  });

  test('of any kind is never a failure of ours', async () => {
    const names = fc.constantFrom(
      ...['q', 'agency', 'theme', 'tag', 'from', 'to', 'has_summary', 'facets', 'sort', 'limit', 'cursor', 'x'],
    );
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        '1',
        'date',
        'relevance',
        'true',
        '2026-01-01',
        '02',
        'mec',
        'agency,tag',
        'escola',
        ...attacks,
      ),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    const queries = fc.array(fc.tuple(names, piece), { maxLength: 6 });
    const paths = fc.oneof(
      fc.constantFrom('/search', '/articles/mec_000001/similar', '/articles/mec_000001'),
      fc
        .string({ unit: 'binary', maxLength: 20 })
        .map((text) => `/articles/${encodeURIComponent(text.toWellFormed())}`),
      fc.webPath(),
    );
    await fc.assert(
      fc.asyncProperty(paths, queries, async (path, query) => {
        const wellFormed = query.map(([name, value]): [string, string] => [name, value.toWellFormed()]);
        const { status, headers, text } = await api.get(`${path}?${new URLSearchParams(wellFormed)}`);
        assert.ok([200, 400, 404].includes(status), `${status}: ${text}`);
        if (status !== 200) assert.match(headers.get('content-type')!, /^application\/problem\+json/);
      }),
      { numRuns: 200 },
    );
  });
});
