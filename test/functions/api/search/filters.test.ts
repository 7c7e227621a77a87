import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../../support/database.ts';
import { type Api, databases, type OpenDatabase, serveApi } from '../api-server.ts';
import { type SeedArticle, seedArticles, seedCatalogue } from '../seed.ts';

const oddTags = [
  'a,b',
  "d'água",
  'x"y',
  '{c}',
  '\\',
  '%',
  'NULL',
  ' ',
  'ações & obras',
  '🚀',
  'a:b`c`',
  'null,',
  '<i>',
];

const articles: SeedArticle[] = [
  { id: 'um_000001', title: 'Escola nova', tags: ['Escola', 'Obra'], themes: ['02', '02.01'], summary: 'Resumo.' },
  { id: 'dois_000002', title: 'Escola velha', tags: ['Escola', 'Escola'], themes: ['02', '02.02'], agency: 'saude' },
  {
    id: 'tres_000003',
    title: 'Posto',
    tags: ['escola'],
    themes: ['03'],
    publishedAt: '2025-01-01T02:59:59Z',
    summary: '',
  },
  { id: 'odd_000004', title: 'Outra', tags: oddTags, publishedAt: '2025-01-01T03:00:00Z', agency: 'ibge' },
  { id: 'removida_000005', title: 'Escola', tags: ['Escola'], isRemoved: true },
];

for (const { name, skip, open } of databases) {
  describe(`filters and facets on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let api: Api;
    before(async () => {
      database = await open();
      await seedCatalogue(database.db);
      await seedArticles(database.db, articles);
      api = await serveApi(database.db);
    });
    after(async () => {
      await api?.close();
      await database?.drop();
    });
    const ids = async (...parameters: [name: string, value: string][]) => {
      const { body } = await api.get(`/search?${new URLSearchParams(parameters)}`);
      return body.results.map((result: { unique_id: string }) => result.unique_id.split('_')[0]).sort();
    };

    test('a tag is taken exactly, whatever its characters; of several any will do', async () => {
      assert.deepEqual(await ids(['tag', 'Escola']), ['dois', 'um']);
      assert.deepEqual(await ids(['tag', 'escola']), ['tres']);
      assert.deepEqual(await ids(['tag', 'Obra'], ['tag', 'escola']), ['tres', 'um']);
      assert.deepEqual(await ids(['tag', 'Obra,escola']), []);
      assert.deepEqual(await ids(['tag', '']), ['dois', 'odd', 'tres', 'um']);
      for (const tag of oddTags) assert.deepEqual(await ids(['tag', tag]), ['odd'], tag);
      for (const tag of ['a', 'b', 'c', '*', 'Esc%', '_scola', '{Escola}', '"Escola"']) {
        assert.deepEqual(await ids(['tag', tag]), [], tag);
      }
      assert.deepEqual(await ids(['q', 'escola'], ['tag', 'Obra']), ['um']);
    });

    test('agencies are named in one parameter or in several', async () => {
      assert.deepEqual(await ids(['agency', 'saude'], ['agency', 'ibge']), ['dois', 'odd']);
      assert.deepEqual(await ids(['agency', 'saude,ibge']), ['dois', 'odd']);
    });

    test('an empty summary is none', async () => {
      assert.deepEqual(await ids(['has_summary', 'true']), ['um']);
      assert.deepEqual(await ids(['has_summary', 'false']), ['dois', 'odd', 'tres']);
      assert.deepEqual(await ids(['has_summary', 'true'], ['q', 'escola']), ['um']);
    });

    test('the order by date takes the words, and no more than the words', async () => {
      assert.deepEqual(await ids(['q', 'escola'], ['sort', 'date']), ['dois', 'tres', 'um']);
      const { body } = await api.get('/search?q=outra&sort=date');
      assert.deepEqual(body.total, { count: 1, is_exact: true });
      assert.equal(body.results[0].score, null);
      assert.equal(body.results[0].highlight.title, '<mark>Outra</mark>');
    });

    test('facets are counted when they are asked for, under all filters', async () => {
      assert.equal((await api.get('/search')).body.facets, undefined);
      const { facets, total } = (await api.get('/search?facets=year,agency,theme,tag')).body;
      assert.deepEqual(total, { count: 4, is_exact: true });
      assert.deepEqual(Object.keys(facets), ['year', 'agency', 'theme', 'tag']);
      assert.deepEqual(facets.agency, [
        { value: 'mec', label: 'Ministério da Educação', count: 2 },
        { value: 'ibge', label: 'IBGE', count: 1 },
        { value: 'saude', label: 'Ministério da Saúde', count: 1 },
      ]);
      assert.deepEqual(facets.theme, [
        { value: '02', label: 'Educação', count: 2 },
        { value: '03', label: 'Saúde', count: 1 },
      ]);
      assert.deepEqual(facets.year, [
        { value: '2026', label: '2026', count: 2 },
        { value: '2024', label: '2024', count: 1 },
        { value: '2025', label: '2025', count: 1 },
      ]);
      assert.deepEqual(facets.tag[0], { value: 'Escola', label: 'Escola', count: 2 });
      assert.equal(facets.tag.length, 16);
      const filtered = (await api.get('/search?facets=agency&tag=Escola&agency=mec')).body;
      assert.deepEqual(filtered.facets, { agency: [{ value: 'mec', label: 'Ministério da Educação', count: 1 }] });
      const nothing = (await api.get('/search?facets=agency,tag&q=nada&sort=date')).body;
      assert.deepEqual(nothing.facets, { agency: [], tag: [] });
    });

    test('by relevance all are counted that can be shown, those found by meaning too', async () => {
      const { body } = await api.get('/search?q=escola&facets=agency&limit=1');
      const all = (await api.get('/search?q=escola&limit=100')).body;
      assert.equal(body.total.count, all.count);
      const counts = body.facets.agency.map(({ count }: { count: number }) => count);
      assert.equal(
        counts.reduce((sum: number, count: number) => sum + count, 0),
        all.count,
      );
    });
  });
}

describe('counts of a large archive', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let api: Api;
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    await database.db.query(
      `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         title, url, last_seen_at, tags)
       select 'obra-' || number || '_000000', id, key, name, timestamptz '2020-01-01Z' + number * interval '1 hour', 'page',
         now(), 'Obra', 'https://www.gov.br/' || number, now(), array['t' || number % 50]
       from agencies, generate_series(1, 10050) as number where key = 'mec'`,
    );
    await database.db.query('analyze news');
    api = await serveApi(database.db);
  });
  after(async () => {
    await api?.close();
    await database?.drop();
  });

  test('end at ten thousand, and say so', async () => {
    for (const search of ['', 'q=obra&', 'q=obra&sort=date&']) {
      const { body } = await api.get(`/search?${search}facets=tag,agency&limit=3`);
      assert.deepEqual(body.total, { count: 10_000, is_exact: false }, search);
      assert.equal(body.facets.tag.length, 20);
      assert.equal(body.count, 3);
    }
    assert.deepEqual((await api.get('/search?tag=t7')).body.total, { count: 201, is_exact: true });
  });

  test('a listing by date and by tag uses indexes', async () => {
    const plans = new Set<string>();
    const explained = {
      ...database.db,
      snapshot: (<T>(work: Parameters<typeof database.db.snapshot<T>>[0]) =>
        database.db.snapshot<T>(async (tx) =>
          work({
            ...tx,
            query: async (text, values) => {
              if (/from news/.test(text)) {
                const { rows } = await tx.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
                plans.add(rows.map((row) => row['QUERY PLAN']).join('\n'));
              }
              return await tx.query(text, values);
            },
          }),
        )) satisfies typeof database.db.snapshot,
    };
    const watched = await serveApi(explained);
    for (const search of ['', 'agency=mec', 'tag=t7', 'has_summary=true', 'from=2020-02-01&to=2020-02-02', 'q=obra']) {
      assert.equal((await watched.get(`/search?${search}`)).status, 200);
    }
    await watched.close();
    assert.ok(plans.size >= 12);
    for (const plan of plans) assert.doesNotMatch(plan, /Seq Scan on news/);
    assert.ok([...plans].some((plan) => plan.includes('news_tags_idx')));
  });
});
