import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { openPostgres } from '../../../shared/postgres.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';
import { type Api, databases, encoder, type OpenDatabase, serveApi } from './api-server.ts';
import { type SeedArticle, seedArticles, seedCatalogue } from './seed.ts';

const brokenEncoder = { ...encoder, encode: () => Promise.reject(new Error('model is away')) };

const articles: SeedArticle[] = [
  {
    id: 'educacao_000001',
    title: 'Governo amplia investimento em educação básica',
    content: 'Recursos chegam às redes municipais a partir de março.',
    themes: ['02', '02.01'],
    publishedAt: '2026-01-05T10:00:00-03:00',
  },
  {
    id: 'inscricoes_000002',
    title: 'Abertas as inscrições para o exame nacional',
    content: 'Os candidatos têm até sexta-feira para confirmar a participação.',
    themes: ['02', '02.01', '02.01.01'],
    publishedAt: '2026-01-06T10:00:00-03:00',
  },
  {
    id: 'vacina_000003',
    title: 'Campanha de vacinação contra o sarampo começa na segunda',
    content: 'Crianças de até cinco anos recebem a dose nos postos.',
    agency: 'saude',
    themes: ['03'],
    publishedAt: '2026-01-07T23:30:00-03:00',
  },
  {
    id: 'censo_000004',
    title: 'Censo mostra envelhecimento da população',
    content: 'A idade mediana passou a 35 anos.',
    agency: 'ibge',
    publishedAt: '2026-01-08T00:00:00-03:00',
  },
  {
    id: 'removida_000005',
    title: 'Sarampo e censo: educação básica removida',
    isRemoved: true,
    publishedAt: '2026-01-09T10:00:00-03:00',
  },
  {
    id: 'ferrovia-mec_000006',
    title: 'Ferrovia Norte-Sul recebe novos trilhos',
    contentHash: 'aaaaaaaaaaaaaaaa',
    publishedAt: '2026-01-02T10:00:00-03:00',
  },
  {
    id: 'ferrovia-ibge_000007',
    title: 'Ferrovia Norte-Sul recebe novos trilhos!',
    agency: 'ibge',
    contentHash: 'aaaaaaaaaaaaaaaa',
    publishedAt: '2026-01-03T10:00:00-03:00',
  },
  {
    id: 'outro-modelo_000008',
    title: 'Aquicultura marinha',
    content: 'Tilápias em tanques.',
    model: 'outro-modelo',
    publishedAt: '2026-01-01T10:00:00-03:00',
  },
];

for (const { name, skip, open } of databases) {
  describe(`search on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let api: Api;
    let wordsOnly: Api;
    before(async () => {
      database = await open();
      await seedCatalogue(database.db);
      await seedArticles(database.db, articles);
      api = await serveApi(database.db);
      wordsOnly = await serveApi(database.db, { encoder: brokenEncoder });
    });
    after(async () => {
      await Promise.all([api?.close(), wordsOnly?.close()]);
      await database?.drop();
    });

    test('finds an accented text by words without accents', async () => {
      assert.deepEqual(await wordsOnly.find({ q: 'educacao basica' }), ['educacao_000001']);
      assert.equal((await api.find({ q: 'educacao basica' }))[0], 'educacao_000001');
    });

    test('finds a plural by its singular', async () => {
      assert.deepEqual(await wordsOnly.find({ q: 'inscrição' }), ['inscricoes_000002']);
      assert.deepEqual(await wordsOnly.find({ q: 'INSCRIÇÕES' }), ['inscricoes_000002']);
    });

    test('finds by its vector what none of the words finds', async () => {
      const q = 'vacinas para criança pequena';
      assert.deepEqual(await wordsOnly.find({ q }), []);
      assert.equal((await api.find({ q }))[0], 'vacina_000003');
    });

    test('puts first what both words and meaning find', async () => {
      const { body } = await api.get('/search?q=censo');
      assert.equal(body.results[0].unique_id, 'censo_000004');
      assert.ok(Math.abs(body.results[0].score - 2 / 61) < 1e-12);
      assert.ok(body.results.slice(1).every(({ score }: { score: number }) => score < 2 / 61));
    });

    test('answers with the fields of a list', async () => {
      const { body, headers } = await api.get('/search?q=%20educacao+basica%20&limit=1');
      assert.deepEqual(body, {
        query: 'educacao basica',
        count: 1,
        total: { count: 6, is_exact: true },
        next: body.next,
        results: [
          {
            unique_id: 'educacao_000001',
            title: 'Governo amplia investimento em educação básica',
            url: 'https://www.gov.br/educacao_000001',
            agency: 'mec',
            agency_name: 'Ministério da Educação',
            published_at: '2026-01-05T13:00:00.000Z',
            summary: null,
            theme: { code: '02.01', label: 'Educação Básica' },
            image: null,
            score: body.results[0].score,
            highlight: {
              title: 'Governo amplia investimento em <mark>educação</mark> <mark>básica</mark>',
              snippet: null,
            },
            copies: [],
          },
        ],
      });
      assert.equal(headers.get('cache-control'), 'public, max-age=60');
    });

    test('understands phrases, exclusions and alternatives', async () => {
      assert.deepEqual(await wordsOnly.find({ q: '"exame nacional"' }), ['inscricoes_000002']);
      assert.deepEqual(await wordsOnly.find({ q: '"nacional exame"' }), []);
      assert.deepEqual(await wordsOnly.find({ q: 'recebe -trilhos' }), ['vacina_000003']);
      assert.deepEqual(await wordsOnly.find({ q: 'censo - população' }), ['censo_000004']);
      assert.deepEqual((await wordsOnly.find({ q: 'censo or sarampo' })).sort(), ['censo_000004', 'vacina_000003']);
    });

    test('shows nothing that has an excluded word, however near it is in meaning', async () => {
      const excluding = async (q: string) => await api.find({ q });
      const queries: [q: string, gone: string][] = [
        ['sarampo -sarampo', 'vacina_000003'],
        ['campanha contra o sarampo -vacinacao', 'vacina_000003'],
        ['-"novos trilhos" ferrovia norte-sul', 'ferrovia-ibge_000007'],
        ['-censo', 'censo_000004'],
        ['educação básica or -sarampo', 'vacina_000003'],
      ];
      for (const [q, gone] of queries) {
        const found = await excluding(q);
        assert.ok(found.length > 0, q);
        assert.ok(!found.includes(gone), q);
        const { body } = await api.get(`/search?${new URLSearchParams({ q, facets: 'agency' })}`);
        assert.equal(
          body.total.count,
          found.length + body.results.flatMap((one: { copies: string[] }) => one.copies).length,
        );
      }
      assert.deepEqual(await excluding('sarampo - segunda'), await excluding('sarampo segunda'));
    });

    test('weighs a word of the title above one of the body', async () => {
      await seedArticles(database.db, [
        { id: 'corpo_000009', title: 'Encontro', content: 'Falou-se de xilogravura.', isRemoved: false },
        { id: 'titulo_000010', title: 'Xilogravura', publishedAt: '2020-01-01T00:00:00Z' },
      ]);
      assert.deepEqual(await wordsOnly.find({ q: 'xilogravura' }), ['titulo_000010', 'corpo_000009']);
      await database.db.query(`delete from news where unique_id in ('corpo_000009', 'titulo_000010')`);
    });

    test('never shows a removed article', async () => {
      for (const q of ['', 'sarampo', 'removida', 'Sarampo e censo: educação básica removida']) {
        assert.ok(!(await api.find({ q, limit: '100' })).includes('removida_000005'), q);
      }
    });

    test('filters words and meaning by agency, theme and day', async () => {
      const q = 'trilhos de ferrovia';
      assert.deepEqual((await api.find({ q, agency: 'saude,ibge' })).sort(), [
        'censo_000004',
        'ferrovia-ibge_000007',
        'vacina_000003',
      ]);
      assert.deepEqual(await api.find({ q, agency: 'inep' }), []);
      assert.deepEqual((await api.find({ q, theme: '02' })).sort(), ['educacao_000001', 'inscricoes_000002']);
      assert.deepEqual((await api.find({ q, theme: '02.01' })).sort(), ['educacao_000001', 'inscricoes_000002']);
      assert.deepEqual(await api.find({ q, theme: '02.01.01' }), ['inscricoes_000002']);
      assert.deepEqual(await api.find({ q, theme: '02.02' }), []);
      assert.deepEqual(await api.find({ q, theme: '99' }), []);
      assert.deepEqual(await wordsOnly.find({ q: 'ferrovia', agency: 'mec' }), ['ferrovia-mec_000006']);
      assert.deepEqual(await wordsOnly.find({ q: 'ferrovia', theme: '02' }), []);
      assert.deepEqual(await wordsOnly.find({ q: 'ferrovia', to: '2026-01-02' }), ['ferrovia-mec_000006']);
    });

    test('counts days as clocks in Brasília do, both ends included', async () => {
      assert.deepEqual(await api.find({ from: '2026-01-07', to: '2026-01-07' }), ['vacina_000003']);
      assert.deepEqual(await api.find({ from: '2026-01-08' }), ['censo_000004']);
      assert.deepEqual(await api.find({ to: '2026-01-01' }), ['outro-modelo_000008']);
      assert.deepEqual(await api.find({ from: '1900-01-01', to: '1900-01-01' }), []);
      assert.equal((await api.find({ from: '1900-01-01', to: '9999-12-31' })).length, 6);
    });

    test('shows the newest first when nothing is looked for', async () => {
      const expected = [
        'censo_000004',
        'vacina_000003',
        'inscricoes_000002',
        'educacao_000001',
        'ferrovia-ibge_000007',
        'outro-modelo_000008',
      ];
      assert.deepEqual(await api.find({}), expected);
      assert.deepEqual(await api.find({ q: '  ', agency: '', from: '' }), expected);
      assert.deepEqual(await api.find({ limit: '2' }), expected.slice(0, 2));
      const { body } = await api.get('/search?limit=1');
      assert.equal(body.results[0].score, null);
      assert.equal(body.results[0].theme, null);
    });

    test('folds copies of one text into the best that the filter leaves', async () => {
      const isFerrovia = (id: string) => id.startsWith('ferrovia');
      const best = await api.find({ q: 'Ferrovia Norte-Sul recebe novos trilhos' });
      assert.equal(best.filter(isFerrovia).length, 1);
      assert.equal(best[0], best.find(isFerrovia));
      for (const q of ['', 'ferrovia']) {
        assert.deepEqual((await api.find({ q, agency: 'mec' })).filter(isFerrovia), ['ferrovia-mec_000006'], q);
      }
    });

    test('compares only vectors of the model in force', async () => {
      const found = await api.find({ q: 'tanques de aquicultores', limit: '100' });
      assert.ok(!found.includes('outro-modelo_000008'));
      assert.deepEqual(await wordsOnly.find({ q: 'aquicultura' }), ['outro-modelo_000008']);
    });

    test('searches by words alone, and says so, when the encoder fails', async () => {
      const lines: string[] = [];
      const log = { info() {}, warning() {}, error: (message: string) => lines.push(message) };
      const degraded = await serveApi(database.db, { encoder: brokenEncoder, log });
      const { status, body, headers } = await degraded.get('/search?q=censo');
      await degraded.close();
      assert.equal(status, 200);
      assert.deepEqual(body.degraded, {
        missing: 'meaning',
        detail: 'The meaning of the words could not be looked for: these results have the words alone.',
      });
      assert.deepEqual(
        body.results.map((result: { unique_id: string }) => result.unique_id),
        ['censo_000004'],
      );
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.deepEqual(lines, ['model away, searched by words alone']);
    });

    const hostileTexts = [
      `'; drop table news; --`,
      `" or 1=1 --`,
      '"unclosed phrase',
      '""" - "" or or -or',
      '-'.repeat(1000),
      '"'.repeat(999),
      '(((((!!!&&&|||<->:*\\',
      'a:* & b <2> !c',
      '-censo',
      '-"censo mostra" -or -sarampo',
      'de a o que',
      '!!! ... ???',
      '%_%',
      '\\',
      '\ud83d\ude80'.repeat(1000),
      '👩‍👩‍👧‍👦 \u202e\u200b\ufeff',
      '漢'.repeat(1000),
      'ﷺ'.repeat(1000),
      'ó'.repeat(1000),
      'x'.repeat(1000),
      'a '.repeat(499),
      Array.from({ length: 250 }, () => 'or').join(' '),
      'censo or '.repeat(111),
      '"censo mostra" '.repeat(66),
      '$1 $2 {0}',
      '\t\r\n',
      '\u0001\u001f\u007f\u0085',
      '\ud800',
    ];
    test('answers every hostile text', async () => {
      for (const q of hostileTexts) {
        const { status, text } = await api.get(`/search?q=${encodeURIComponent(q.toWellFormed())}`);
        assert.equal(status, 200, `${JSON.stringify(q.slice(0, 40))}: ${text}`);
      }
      assert.equal((await api.get('/search?q=100%&limit=1')).status, 200);
      assert.equal((await api.get('/search?q=%E0%A4%A&limit=1')).status, 200);
      assert.equal((await api.find({ limit: '100' })).length, 6);
    });

    test('answers any text with 200, or with 400 for one with NUL', async () => {
      const operators = fc.constantFrom(
        '"',
        ' -',
        ' or ',
        '&',
        '|',
        '!',
        '(',
        ')',
        ':*',
        '<->',
        '\\',
        "'",
        '\0',
        '%',
        'ões',
      );
      const texts = fc
        .array(fc.oneof(operators, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 20 })
        .map((parts) => parts.join('').toWellFormed());
      await fc.assert(
        fc.asyncProperty(texts, async (q) => {
          const { status, text } = await api.get(`/search?q=${encodeURIComponent(q)}`);
          assert.equal(status, q.includes('\0') ? 400 : 200, text);
        }),
        { numRuns: 150 },
      );
    });
  });
}

describe('search on an index', { skip: withoutPostgres }, () => {
  test('fills a page although the filter refuses what is nearest', async () => {
    const database = await createTestDatabase();
    // Keeps the planner on the vector index, as on a large table: a small one it would rather sort.
    const indexed = await openPostgres({ url: `${database.url}?options=-c%20enable_sort%3Doff` });
    const api = await serveApi(indexed);
    try {
      await seedCatalogue(database.db);
      const near = Array.from({ length: 900 }, (_, index): SeedArticle => {
        return { id: `perto-${index}_000000`, title: `Pesca artesanal no litoral ${index}`, agency: 'mec' };
      });
      const far = Array.from({ length: 100 }, (_, index): SeedArticle => {
        return { id: `longe-${index}_000000`, title: `Orçamento trimestral ${index}`, agency: 'ibge' };
      });
      await seedArticles(database.db, [...near, ...far]);
      const found = await api.find({ q: 'pescadores artesanais do litoral', agency: 'ibge', limit: '50' });
      assert.equal(found.length, 50);
      assert.ok(found.every((id) => id.startsWith('longe')));
    } finally {
      await api.close();
      await indexed.close();
      await database.drop();
    }
  });
});
