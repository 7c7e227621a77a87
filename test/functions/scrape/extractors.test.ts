import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../functions/scrape/extractors/classic.ts';
import type { Extractor } from '../../../functions/scrape/extractors/extractor.ts';
import { tvBrasil } from '../../../functions/scrape/extractors/tv-brasil.ts';
import { volto } from '../../../functions/scrape/extractors/volto.ts';
import { expected, pageOf } from './pages.ts';

const govBr = 'https://www.gov.br/mapa-exemplo/pt-br/noticias';
const listings: [Extractor, string, string][] = [
  [classic, 'classic-listing-tiles.html', govBr],
  [classic, 'classic-listing-news.html', govBr],
  [classic, 'classic-listing-entries.html', govBr],
  [classic, 'classic-listing-items.html', govBr],
  [volto, 'volto-search.json', 'https://www.gov.br/agencia-exemplo/++api++/pt-br/noticias/@search'],
  [agenciaBrasil, 'agencia-brasil-listing.html', 'https://agenciabrasil.ebc.com.br/ultimas?page=0'],
  [agenciaBrasil, 'agencia-brasil-listing-isotope.html', 'https://agenciabrasil.ebc.com.br/ultimas?page=1'],
  [tvBrasil, 'tv-brasil-listing.html', 'https://tvbrasil.ebc.com.br/ultimas?page=0'],
];

for (const [extractor, file, url] of listings) {
  test(`${file} yields its listing`, () => {
    assert.deepEqual(plain(extractor.parseListing(pageOf(file, url))), expected(file));
  });
}

const articles: [Extractor, string, string][] = [
  [classic, 'classic-article.html', `${govBr}/safra`],
  [classic, 'classic-article-plain.html', `${govBr}/plano`],
  [agenciaBrasil, 'agencia-brasil-article.html', 'https://agenciabrasil.ebc.com.br/geral/noticia/2026-01/chuva-forte'],
  [tvBrasil, 'tv-brasil-article.html', 'https://tvbrasil.ebc.com.br/reporter-brasil/2026/02/rios'],
];

for (const [extractor, file, url] of articles) {
  test(`${file} yields its article`, () => {
    assert.deepEqual(asExpected(extractor.parseArticle(pageOf(file, url), url)), expected(file));
  });
}

test('a Volto listing carries whole articles, their blocks in the order of the layout', () => {
  const { items } = volto.parseListing(pageOf('volto-search.json', 'https://www.gov.br/agencia-exemplo/@search'));
  assert.deepEqual(asExpected(items[0]!.readArticle!()), expected('volto-article.json'));
  assert.equal(items[1]!.readArticle, undefined, 'a summary without blocks is fetched on its own');
});

test('a page without headline or text is refused with the field that is missing', () => {
  const page = (body: string) => ({ ...pageOf('classic-article.html', govBr), body });
  const parse = (extractor: Extractor, body: string) => () => extractor.parseArticle(page(body), govBr);
  assert.throws(parse(classic, '<div id="content"></div>'), { name: 'ExtractionError', field: 'title' });
  const headline = '<h1 class="documentFirstHeading">Título</h1>';
  assert.throws(parse(classic, `<div id="content">${headline}</div>`), { name: 'ExtractionError', field: 'content' });
  const repeated = `<div id="content">${headline}<div id="content-core"><p>Título</p></div></div>`;
  assert.throws(parse(classic, repeated), { field: 'content' });
  assert.throws(parse(agenciaBrasil, '<h1 class="titulo-materia">Título</h1>'), { field: 'content' });
  assert.throws(parse(volto, '{"title": "Título", "blocks": {}}'), { field: 'content' });
  assert.throws(parse(volto, '{"blocks": {}}'), { field: 'title' });
});

test('a TV Brasil page with a video needs no text', () => {
  const body = '<h1>Título</h1><video><source src="v.mp4" type="video/mp4"></video>';
  const article = tvBrasil.parseArticle({ ...pageOf('tv-brasil-article.html', govBr), body }, govBr);
  assert.equal(article.content, '');
  assert.equal(article.published, null);
});

test('what is no JSON is no empty Volto listing', () => {
  for (const body of ['<html>Em manutenção</html>', '', '[]', '"x"', '{"message": "erro"}', '{"items": {}}']) {
    const page = { ...pageOf('volto-search.json', govBr), body };
    assert.throws(() => volto.parseListing(page), { name: 'UnexpectedAnswerError' }, body);
  }
});

test('hostile JSON yields no article instead of a crash', () => {
  const deep = `${'{"@type":"gridBlock","blocks":{"a":'.repeat(500)}1${'}}'.repeat(500)}`;
  for (const blocks of [
    'null',
    '[]',
    '{"a": null, "b": 1, "c": {"@type": "slate", "value": [null, 1, {"children": 3}]}}',
    `{"a": ${deep}}`,
  ]) {
    const body = `{"title": "T", "blocks": ${blocks}, "blocks_layout": {"items": ["a", "b", "c", null]}}`;
    assert.throws(() => volto.parseArticle({ ...pageOf('volto-search.json', govBr), body }, govBr), {
      field: 'content',
    });
  }
});

test('listing addresses advance by what the pages counted', () => {
  const position = { pageCount: 2, entryCount: 60 };
  assert.equal(classic.listingUrl(govBr, position), `${govBr}?b_start:int=60`);
  assert.equal(classic.listingUrl(`${govBr}?tipo=1`, position), `${govBr}?tipo=1&b_start:int=60`);
  assert.equal(
    agenciaBrasil.listingUrl('https://agenciabrasil.ebc.com.br/ultimas', position),
    'https://agenciabrasil.ebc.com.br/ultimas?page=2',
  );
  const search = new URL(volto.listingUrl('https://www.gov.br/anvisa/pt-br/assuntos/noticias/', position));
  assert.equal(search.pathname, '/anvisa/++api++/pt-br/assuntos/noticias/@search');
  assert.deepEqual(
    ['portal_type', 'sort_on', 'sort_order', 'b_start', 'b_size', 'fullobjects'].map((name) =>
      search.searchParams.get(name),
    ),
    ['News Item', 'effective', 'descending', '60', '25', '1'],
  );
});

/** As JSON has it: without undefined, dates as text. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Expected records hold the content as a list of blocks, which reads better. */
function asExpected<T extends { content: string }>(article: T): unknown {
  return plain({ ...article, content: article.content.split('\n\n') });
}
