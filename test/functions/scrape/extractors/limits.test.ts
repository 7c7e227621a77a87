import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import { tvBrasil } from '../../../../functions/scrape/extractors/tv-brasil.ts';
import { volto } from '../../../../functions/scrape/extractors/volto.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';
import { page } from './markup.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/a';
const title = '<h1 class="documentFirstHeading">Título</h1>';
const core = `<div id="content">${title}<div id="content-core">`;

/** Reading may fail by one of our own errors; it may not take quadratic time. */
function isQuick(name: string, read: () => unknown): void {
  const cpuSeconds = startCpuClock();
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof Error && 'category' in error, `${name}: ${error}`);
  }
  assertCpuSeconds(cpuSeconds(), hostileInputSeconds, name);
}

test('wide, deep and unclosed articles are read in time linear in their length', () => {
  const bodies: Record<string, string> = {
    'wide body': `${core}${'<p>x</p>'.repeat(100_000)}`,
    'wide page': `${'<p>x</p>'.repeat(100_000)}${core}<p>x</p>`,
    'many titles': `${core}x</div>${'<h1 class="documentFirstHeading"> </h1>'.repeat(50_000)}`,
    'many labels': `<div id="content">${title}${'<span>Publicado</span>'.repeat(20)}${'<p>x</p>'.repeat(80_000)}`,
    'deep content': `${'<div id="content">'.repeat(400)}${title}${'<p>x</p>'.repeat(80_000)}`,
    'deep pictures': `${core}x${'<div class="social-links">'.repeat(400)}${'<img src=a>'.repeat(60_000)}`,
  };
  for (const [name, body] of Object.entries(bodies)) isQuick(name, () => classic.parseArticle(page(body, url), url));

  const agency = '<h1 class="titulo-materia">Título</h1>';
  const figures = `${agency}<div class="conteudo-noticia">x${'<figure>'.repeat(400)}${'<img src="/loading_v2.gif">'.repeat(40_000)}`;
  isQuick('deep figures', () => agenciaBrasil.parseArticle(page(figures, url), url));
  const empty = `${agency}${'<div class="conteudo-noticia">'.repeat(400)}${'<p> </p>'.repeat(100_000)}`;
  isQuick('empty bodies', () => agenciaBrasil.parseArticle(page(empty, url), url));
  const quotes = `<article><h1>Título</h1>${'<blockquote>'.repeat(400)}${'<p>x</p>'.repeat(60_000)}`;
  isQuick('deep quotes', () => tvBrasil.parseArticle(page(quotes, url), url));
});

test('listings of many or of unclosed entries are read in time linear in their length', () => {
  const tile = '<article class="tileItem"><a class="summary url" href=x>x</a>';
  isQuick('many tiles', () => classic.parseListing(page(`${tile}</article>`.repeat(30_000), url)));
  isQuick('unclosed tiles', () => classic.parseListing(page(tile.repeat(400) + '<i>x</i>'.repeat(100_000), url)));
  const unclosed = classic.parseListing(page(`${tile}<span class="subtitle">A</span>${tile}`, url));
  assert.deepEqual(
    unclosed.items.map(({ category }) => category),
    ['A', null],
    'a field belongs to the nearest entry',
  );
});

test('a Volto document names a block once, however often its layout does', () => {
  const nested = (depth: number): object =>
    depth === 0
      ? { '@type': 'html', html: '<p>x</p>' }
      : { '@type': 'grid', blocks: { a: nested(depth - 1) }, blocks_layout: { items: ['a', 'a'] } };
  const document = { title: 'Título', blocks: { a: nested(30) }, blocks_layout: { items: Array(1000).fill('a') } };
  isQuick('doubled blocks', () => {
    assert.equal(volto.parseArticle(page(JSON.stringify(document), url), url).content, 'x');
  });
});

test('a Volto document is held to the limit on markup as a whole', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const block = { '@type': 'html', html: `<p>${'x'.repeat(900_000)}</p>` };
  const document = {
    title: 'Título',
    blocks: Object.fromEntries(ids.map((id) => [id, block])),
    blocks_layout: { items: ids },
  };
  assert.throws(() => volto.parseArticle(page(JSON.stringify(document), url), url), { name: 'PageLimitError' });
});
