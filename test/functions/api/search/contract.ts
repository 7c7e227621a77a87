import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Found, SearchQuery } from '../../../../functions/api/search/contract.ts';
import { contractArticles, contractModel, embed, ids } from './contract-articles.ts';
import { describeSearchEdges } from './contract-edges.ts';
import { describeSearchFilters } from './contract-filters.ts';
import { describeSearchPages } from './contract-paging.ts';
import { deadline, type IndexUnderTest, idsOf, searchesOf, walk } from './contract-searches.ts';

/** What any index of articles does. `name` is what the tests say they run on. */
export function describeSearchIndex(name: string, skip: string | false, open: () => Promise<IndexUnderTest>): void {
  describe(`search on ${name}`, { skip }, () => {
    let under: IndexUnderTest;
    before(async () => {
      under = await open();
      await under.insert(contractArticles);
    });
    after(() => under?.close());

    const { find, sortedIds, byRelevance } = searchesOf(() => under);

    test('lists all, the newest first, one of each text', async () => {
      const found = await find({});
      assert.deepEqual(
        idsOf(found),
        ids('censo vacina exame educacao ferrovia-ibge tags marcas outro-modelo sem-vetor'),
      );
      assert.deepEqual(found.total, { count: contractArticles.length, is_exact: true });
      assert.equal(found.next, undefined);
      assert.ok(found.results.every(({ score, highlight }) => score === null && highlight === null));
    });

    test('shows an article with the fields of a list', async () => {
      const [article] = (await find({ filter: { theme: '02.01.01' } })).results;
      assert.deepEqual(article, {
        unique_id: 'exame_000002',
        title: 'Abertas as inscrições para o exame nacional',
        url: 'https://www.gov.br/exame_000002',
        agency: 'mec',
        agency_name: 'Ministério da Educação',
        published_at: new Date('2026-01-06T13:00:00Z'),
        summary: 'Os candidatos têm até sexta-feira.',
        theme: { code: '02.01.01', label: 'Ensino Médio' },
        image: null,
        score: null,
        highlight: null,
        copies: [],
      });
    });

    test('finds by words, without regard to accents and case', async () => {
      for (const sort of ['relevance', 'date'] as const) {
        assert.deepEqual(idsOf(await find({ text: 'EDUCACAO basica', sort })), ids('educacao'), sort);
        assert.deepEqual(idsOf(await find({ text: 'inexistente', sort })), [], sort);
        assert.deepEqual((await find({ text: 'inexistente', sort })).total, { count: 0, is_exact: true }, sort);
      }
    });

    test('finds phrases, and what does not have a word', async () => {
      assert.deepEqual(await sortedIds({ text: '"exame nacional"', sort: 'relevance' }), ids('exame'));
      assert.deepEqual(await sortedIds({ text: '"nacional exame"', sort: 'relevance' }), []);
      assert.deepEqual(await sortedIds({ text: 'novos -trilhos', sort: 'relevance' }), []);
    });

    test('finds alternatives', async () => {
      for (const sort of ['relevance', 'date'] as const) {
        const { results, total } = await find({ text: 'censo or "exame nacional" OR inexistente', sort });
        assert.deepEqual(idsOf({ results }).sort(), ids('censo exame').sort(), sort);
        assert.deepEqual(total, { count: 2, is_exact: true });
        assert.ok(results.every(({ highlight }) => highlight?.title?.includes('<mark>')));
      }
      const ordered = await find({ text: 'ferrovia or exame or censo', sort: 'date', facets: ['agency'] });
      assert.deepEqual(idsOf(ordered), ids('censo exame ferrovia-ibge'));
      assert.deepEqual(ordered.facets.agency?.map(({ value, count }) => [value, count]).sort(), [
        ['ibge', 2],
        ['mec', 2],
      ]);
      assert.deepEqual(await walk(under.index, { text: 'ferrovia or exame or censo', limit: 1 }), idsOf(ordered));
    });

    test('finds nothing by a text without words', async () => {
      for (const text of ['!!!', '*', '""', '- -', '&&', '`']) {
        assert.deepEqual(idsOf(await find({ text, sort: 'relevance' })), [], text);
        assert.deepEqual(idsOf(await find({ text, sort: 'date' })), [], text);
      }
    });

    test('finds by meaning what the words do not, and puts first what both find', async () => {
      const text = 'vacinas para criança pequena';
      assert.deepEqual(idsOf(await find({ text, sort: 'relevance' })), []);
      assert.equal(idsOf(await byRelevance(text))[0], ids('vacina')[0]);
      const { results, total } = await byRelevance('censo');
      assert.equal(results[0]!.unique_id, ids('censo')[0]);
      assert.ok(results.every(({ score }) => score !== null && score <= results[0]!.score!));
      assert.ok(total.count >= results.length);
    });

    test('compares vectors of the asked model alone, and finds all others by their words', async () => {
      const found = idsOf(await byRelevance('tanques de aquicultores'));
      assert.ok(!found.includes(ids('outro-modelo')[0]!) && !found.includes(ids('sem-vetor')[0]!));
      for (const [word, id] of [
        ['aquicultura', ids('outro-modelo')[0]!],
        ['biblioteca', ids('sem-vetor')[0]!],
      ] as const) {
        // Beside the best by its meaning.
        assert.ok(
          idsOf(await byRelevance(word))
            .slice(0, 2)
            .includes(id),
          word,
        );
      }
      const other = { model: 'nobody', vector: await embed('censo') };
      assert.deepEqual(idsOf(await find({ text: 'censo', sort: 'relevance', embedding: other })), ids('censo'));
      const alike = { model: 'Outro-Modelo!', vector: await embed('aquicultura') };
      assert.deepEqual(idsOf(await find({ text: 'inexistente', sort: 'relevance', embedding: alike })), []);
      const options = { model: alike.model, filter: {}, limit: 5 };
      assert.equal(await under.index.similar(ids('outro-modelo')[0]!, options, deadline()), undefined);
    });

    test('folds copies of a text into the best that the filter leaves', async () => {
      const [newest] = (await find({ text: 'ferrovia' })).results;
      assert.deepEqual([newest!.unique_id, newest!.copies], [ids('ferrovia-ibge')[0], ids('ferrovia-mec')]);
      const best = (await byRelevance('Ferrovia Norte-Sul recebe novos trilhos')).results;
      const ferrovias = ids('ferrovia-ibge ferrovia-mec');
      assert.ok(ferrovias.includes(best[0]!.unique_id));
      assert.deepEqual([best[0]!.unique_id, ...best[0]!.copies].sort(), ferrovias.sort());
      assert.ok(best.slice(1).every(({ unique_id: id }) => !ferrovias.includes(id)));
      const [own] = (await find({ text: 'ferrovia', filter: { agency: ['mec'] } })).results;
      assert.deepEqual([own!.unique_id, own!.copies], [ids('ferrovia-mec')[0], []]);
      assert.equal((await find({ text: 'ferrovia' })).total.count, 2);
    });

    test('counts facets over all that match, copies included', async () => {
      const { facets } = await find({ facets: ['agency', 'tag', 'year'] });
      assert.deepEqual(facets.agency, [
        { value: 'mec', label: 'Ministério da Educação', count: 7 },
        { value: 'ibge', label: 'IBGE', count: 2 },
        { value: 'saude', label: 'Ministério da Saúde', count: 1 },
      ]);
      assert.deepEqual(facets.year, [
        { value: '2026', label: '2026', count: 8 },
        { value: '2025', label: '2025', count: 2 },
      ]);
      assert.deepEqual(
        facets.tag!.find(({ value }) => value === 'Enem'),
        { value: 'Enem', label: 'Enem', count: 2 },
      );
      assert.equal(facets.theme, undefined);
      for (const { value, count } of facets.tag!) {
        assert.equal((await find({ filter: { tag: [value] } })).total.count, count, value);
      }
    });

    test('counts themes, with their labels', async () => {
      const { facets } = await find({ facets: ['theme'] });
      assert.deepEqual(
        facets.theme!.filter(({ value }) => value.length === 2),
        [
          { value: '02', label: 'Educação', count: 2 },
          { value: '03', label: 'Saúde', count: 1 },
        ],
      );
      assert.deepEqual((await find({ facets: ['theme'], filter: { tag: ['nobody'] } })).facets.theme, []);
    });

    test('counts the facets of what is looked for, and no others', async () => {
      const words = await find({ text: 'ferrovia', sort: 'relevance', facets: ['agency'] });
      assert.deepEqual(words.facets.agency?.map(({ value, count }) => [value, count]).sort(), [
        ['ibge', 1],
        ['mec', 1],
      ]);
      const { facets, total } = await byRelevance('ferrovia', { facets: ['agency'] });
      assert.ok(facets.agency!.reduce((sum, { count }) => sum + count, 0) <= total.count);
    });

    test('pages by relevance hold all that one long page holds', async () => {
      const whole = idsOf(await byRelevance('educação e saúde'));
      const embedding = { model: contractModel, vector: await embed('educação e saúde') };
      const pages = await walk(under.index, { text: 'educação e saúde', sort: 'relevance', embedding, limit: 3 });
      assert.deepEqual(pages, whole);
    });

    test('highlights words, and escapes all else', async () => {
      for (const sort of ['relevance', 'date'] as const) {
        const [{ highlight }] = (await find({ text: 'negrito', sort })).results as [Found['results'][number]];
        const shown = `${highlight!.title} ${highlight!.snippet}`;
        assert.match(shown, /<mark>negrito<\/mark>/i);
        assert.doesNotMatch(shown.replace(/<\/?mark>/g, ''), /[<>]/);
        assert.doesNotMatch(shown, /<mark>[^<]*<mark>/);
      }
      const [{ highlight }] = (await find({ text: 'censo', sort: 'relevance' })).results as [Found['results'][number]];
      assert.match(highlight!.title!, /^<mark>Censo<\/mark> mostra/);
    });

    test('a result that its meaning finds is highlighted as far as it has the words', async () => {
      const [none] = (await byRelevance('criancinhas pequeninas')).results;
      assert.equal(none!.highlight, null);
      const { results } = await byRelevance('sarampo enferrujado');
      const some = results.find(({ unique_id: id }) => id === ids('vacina')[0]);
      assert.match(some!.highlight!.title!, /<mark>sarampo<\/mark>/);
    });

    test('finds the articles that are like one, but itself and its copies', async () => {
      const similar = async (id: string, filter: SearchQuery['filter'] = {}, limit = 10) => {
        const results = await under.index.similar(id, { model: contractModel, filter, limit }, deadline());
        return results?.map(({ unique_id }) => unique_id);
      };
      const [ferrovia, copy] = ids('ferrovia-ibge ferrovia-mec');
      const like = await similar(ferrovia!);
      assert.ok(like!.length > 3 && !like!.includes(ferrovia!) && !like!.includes(copy!));
      assert.equal(new Set(like).size, like!.length);
      assert.equal((await similar(ferrovia!, {}, 2))!.length, 2);
      assert.deepEqual(await similar(ferrovia!, { agency: ['saude'] }), ids('vacina'));
      assert.deepEqual(await similar(ferrovia!, { agency: ['nobody'] }), []);
      for (const id of [...ids('outro-modelo sem-vetor'), 'nobody_000000', '*', '', ') || id:=*', "'; --"]) {
        assert.equal(await similar(id), undefined, id);
      }
    });
  });

  describeSearchFilters(name, skip, open);
  describeSearchPages(name, skip, open);
  describeSearchEdges(name, skip, open);
}
