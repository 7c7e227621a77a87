import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Api, databases, encoder, type OpenDatabase, serveApi } from '../api-server.ts';
import { seedArticles, seedCatalogue } from '../seed.ts';

const away = { ...encoder, encode: () => Promise.reject(new Error('model is away')) };

for (const { name, skip, open } of databases) {
  describe(`words that were found, on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let api: Api;
    before(async () => {
      database = await open();
      await seedCatalogue(database.db);
      api = await serveApi(database.db, { encoder: away });
    });
    after(async () => {
      await api?.close();
      await database?.drop();
    });
    beforeEach(async () => {
      await database.db.query('truncate news cascade');
    });

    const highlight = async (q: string, article: { title?: string; content?: string; summary?: string }) => {
      await database.db.query('truncate news cascade');
      await seedArticles(database.db, [{ id: 'artigo_000001', title: 'Título', ...article }]);
      const { status, text, body } = await api.get(`/search?${new URLSearchParams({ q })}`);
      assert.equal(status, 200, text);
      return body.results[0]?.highlight as { title: string | null; snippet: string | null } | null | undefined;
    };

    test('are marked whatever their accents, endings and case, as they are written', async () => {
      const title = 'Inscrições para as ações da Educação, e AVIÕES';
      assert.equal(
        (await highlight('inscricao acao educacao', { title }))!.title,
        '<mark>Inscrições</mark> para as <mark>ações</mark> da <mark>Educação</mark>, e AVIÕES',
      );
      assert.match((await highlight('avião', { title }))!.title!, /e <mark>AVIÕES<\/mark>$/);
      assert.equal(
        (await highlight('guarda', { title: 'Guarda-chuva e vira-lata' }))!.title,
        '<mark>Guarda</mark>-chuva e vira-lata',
      );
    });

    test('are those that are wanted, not those that are excluded and stand further on', async () => {
      const content = `${'Texto comprido. '.repeat(80)} Crianças no posto.`;
      const found = { title: '<mark>Vacina</mark> chega', snippet: null };
      assert.deepEqual(await highlight('vacina -crianças', { title: 'Vacina chega', content }), found);
      assert.equal(await highlight('-crianças', { title: 'Vacina chega', content }), null);
    });

    test('stand in a snippet of plain text, from the summary before the body', async () => {
      const content =
        '# Aviso\n\nA **vacina** chegou ao [posto](https://www.gov.br/x).\n\n- item ![foto](https://www.gov.br/y)';
      assert.deepEqual(await highlight('vacina', { content }), {
        title: null,
        snippet: 'Aviso A <mark>vacina</mark> chegou ao posto. item',
      });
      const both = await highlight('vacina', { content, summary: 'Chega a vacina.' });
      assert.equal(both!.snippet, 'Chega a <mark>vacina</mark>.');
    });

    test('are cut out of whole characters', async () => {
      for (const padding of ['', 'x ', 'xx ', 'xxx ', 'xxxx ', 'xxxxx ']) {
        const content = `${padding}${'😀'.repeat(119)} vacina ${'😀'.repeat(500)}`;
        const { snippet } = (await highlight('vacina', { content }))!;
        assert.match(snippet!, /<mark>vacina<\/mark>/);
        assert.doesNotMatch(snippet!, /\uFFFD/);
        const summary = `${'ano '.repeat(494)}${padding}vacina ${'😀'.repeat(20)}`;
        assert.doesNotMatch((await highlight('vacina', { title: 'Vacina', summary }))!.snippet!, /\uFFFD/);
      }
    });

    test('are cut out between words, where most of them stand', async () => {
      const filler = 'palavra '.repeat(60);
      const content = `${filler}vacina ${filler}vacina contra sarampo ${filler}`;
      const { snippet } = (await highlight('vacina sarampo', { content }))!;
      assert.match(snippet!, /^…palavra .*<mark>vacina<\/mark> contra <mark>sarampo<\/mark> .*palavra…$/);
      assert.ok(snippet!.replace(/<\/?mark>/g, '').length <= 250);
    });

    test('never let markup of the text through', async () => {
      const evil =
        '<script>alert(1)</script> vacina <img src=x onerror=alert(1)> "a" & \'b\' </mark><mark> \uE000x\uE001';
      const found = (await highlight('vacina', { title: evil, content: evil }))!;
      assert.equal(
        found.title,
        '&lt;script&gt;alert(1)&lt;/script&gt; <mark>vacina</mark> &lt;img src=x onerror=alert(1)&gt; ' +
          '&quot;a&quot; &amp; &#39;b&#39; &lt;/mark&gt;&lt;mark&gt;  x ',
      );
      assert.equal(found.snippet!.replace(/<\/?mark>/g, '').match(/[<>]/), null);
    });

    test('are nowhere where nothing was looked for, or nothing found', async () => {
      await seedArticles(database.db, [{ id: 'artigo_000001', title: 'Censo' }]);
      const listed = (await api.get('/search')).body.results[0];
      assert.equal(listed.highlight, null);
      const hybrid = await serveApi(database.db);
      const { results } = (await hybrid.get('/search?q=vacina')).body;
      await hybrid.close();
      assert.equal(results[0].highlight, null);
    });

    test('leave of any text its own characters, escaped, and marks in pairs', async () => {
      const words = fc.constantFrom(
        'vacina',
        'Vacinas',
        'inscrições',
        'guarda-chuva',
        'https://www.gov.br/vacina?a=1&b=2',
        'a@vacina.br',
      );
      const noise = fc.constantFrom(
        '<b>',
        '&amp;',
        '<mark>',
        '\uE000',
        '**',
        '[x](y)',
        '\u200b',
        '👩‍👩‍👧',
        '漢',
        'ŋ',
        '-',
        '/',
        "'",
        '\ud83d',
      );
      const titles = fc.array(fc.oneof(words, noise, fc.string({ unit: 'binary', maxLength: 5 })), {
        minLength: 1,
        maxLength: 12,
      });
      await fc.assert(
        fc.asyncProperty(titles, async (parts) => {
          const title = `vacina ${parts.join(' ')}`.replaceAll('\0', '').toWellFormed();
          const found = await highlight('vacina inscrição', { title: `inscrição ${title}`, content: title });
          for (const html of [found!.title, found!.snippet]) {
            const texts = (html ?? '').split(/<mark>([^<>]*)<\/mark>/);
            for (const text of texts) assert.doesNotMatch(text, /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
          }
          const plain = found!
            .title!.replace(/<\/?mark>/g, '')
            .replace(/&lt;/g, '<')
            .replace(/&gt;/g, '>')
            .replace(/&quot;/g, '"')
            .replace(/&#39;/g, "'")
            .replace(/&amp;/g, '&');
          assert.equal(plain, `inscrição ${title}`.replace(/[\uE000\uE001]/g, ' '));
        }),
        { numRuns: 30 },
      );
    });
  });
}
