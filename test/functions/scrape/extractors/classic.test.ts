import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import { page } from './markup.ts';

const root = 'https://www.gov.br/mec/pt-br/noticias';
const body = '<div id="content-core"><div id="parent-fieldname-text"><p>Texto.</p></div></div>';
const byLine =
  '<span class="documentPublished"><span>Publicado em</span> <span class="value">05/02/2024 10h00</span></span>';

function article(inner: string, head = '') {
  const content = `<div id="content"><h1 class="documentFirstHeading">Título</h1>${inner}</div>`;
  return classic.parseArticle(page(head + content, `${root}/a`), `${root}/a`);
}

function jsonLd(fields: string): string {
  return `<script type="application/ld+json">{"@type": "NewsArticle", ${fields}}</script>`;
}

function publishedAt(inner: string, head = ''): [string, string] | null {
  const { published } = article(inner, head);
  return published && [published.source, published.instant.toISOString()];
}

test('the publication date is that of JSON-LD, else of the by-line, else of a line in the text', () => {
  const line = '<p>Publicado em 06/02/2024 11h00</p>';
  const good = jsonLd('"datePublished": "2024-02-04T09:00:00-03:00"');
  assert.deepEqual(publishedAt(byLine + line + body, good), ['json-ld', '2024-02-04T12:00:00.000Z']);
  const broken = jsonLd('"headline": "o "caso" x", "datePublished": "2024-02-04T09:00:00-03:00"');
  assert.deepEqual(publishedAt(byLine + body, broken), ['json-ld', '2024-02-04T12:00:00.000Z']);
  for (const none of ['', jsonLd('"datePublished": null'), jsonLd('"datePublished": "1969-12-31T00:00:00+00:00"')]) {
    assert.deepEqual(publishedAt(line + byLine + body, none), ['page', '2024-02-05T13:00:00.000Z'], none);
  }
  assert.deepEqual(publishedAt(line + body), ['page', '2024-02-06T14:00:00.000Z']);
  assert.equal(publishedAt(body), null, 'the date of the listing counts then');
});

test('a line with the date is told from a sentence that begins alike', () => {
  for (const line of [
    '<p>Publicado em 06/02/2024 11h00 por Ascom</p>',
    '<p>Publicado em: 06/02/2024 às 11:00 | Atualizado em 07/02/2024</p>',
    '<p><b>Publicado em</b> 06/02/2024 - 11:00</p>',
    '<div><span>Publicada em</span><span>06/02/2024 11h</span></div>',
  ]) {
    assert.deepEqual(publishedAt(line + body), ['page', '2024-02-06T14:00:00.000Z'], line);
  }
  for (const sentence of [
    '<p>Publicado em 10/01/2015, o decreto segue em vigor.</p>',
    '<p>Publicado em 10/01/2015 o edital, as inscrições começam.</p>',
    '<p>Publicado em 31/12/1969</p>',
    '<p>Atualizado em 07/02/2024 <span>Publicado</span></p>',
  ]) {
    assert.equal(publishedAt(sentence + body), null, sentence);
  }
});

test('the picture is one of the text, not one of its frame', () => {
  const share = '<div class="social-links"><a href="/f"><img src="/facebook.png"></a></div>';
  const core = (html: string) => `<div id="content-core">${html}<p>Texto.</p></div>`;
  const picture = '<img src="resolveuid/12ab/@@images/image">';
  assert.equal(article(share + core(picture)).imageUrl, `${root}/resolveuid/12ab/@@images/image`);
  assert.equal(article(core(picture), `<base href="${root}/a/">`).imageUrl, `${root}/a/resolveuid/12ab/@@images/image`);
  assert.equal(article(`<img src="/topo.jpg">${core(picture)}`).imageUrl, `${root}/resolveuid/12ab/@@images/image`);
  assert.equal(article(`<img src="/topo.jpg">${core('')}`).imageUrl, 'https://www.gov.br/topo.jpg');
  assert.equal(article(share + core('')).imageUrl, null);
});

test('the subtitle is no small print of the text', () => {
  const caption = '<div class="newsImageContainer"><img src="/a.jpg"><p class="discreet">Foto: Ana</p></div>';
  const text = `<div id="content-core">${caption}<div id="parent-fieldname-text"><p>Texto.</p><p class="discreet">Fim</p></div></div>`;
  assert.equal(article(text).subtitle, null);
  assert.equal(article(`<p class="discreet">Linha fina</p>${text}`).subtitle, 'Linha fina');
  const description = '<div class="documentDescription">Descrição</div>';
  assert.equal(article(`<p class="discreet">Linha fina</p>${description}${text}`).subtitle, 'Descrição');
});

const leadImage = `<div class="newsImageContainer"><a href="/a/image_view_fullscreen"><img src="/a/image_mini"></a>
  <p class="discreet">Foto: Ana</p><ul><li><a href="/a/image">Baixar imagem</a></li></ul></div>`;

test('the picture above a text comes with its caption and its download, none of which are of the text', () => {
  const downloads =
    '<ul><li><a href="/a">Baixar imagem</a></li><li><a href="/b">Baixar em alta resolução (2 MB)</a></li></ul>';
  for (const inner of [
    `<div id="content-core">${leadImage}<p>Um.</p></div>`,
    `<div id="content-core">${leadImage}<div id="parent-fieldname-text"> </div><p>Um.</p></div>`,
    `<div id="content-core">${leadImage}<div id="parent-fieldname-text"><p>Um.</p></div></div>`,
    `${leadImage}${downloads}<div><p>Um.</p></div>`,
  ]) {
    const { content, subtitle, imageUrl } = article(inner);
    assert.deepEqual([content, subtitle, imageUrl], ['Um.', null, 'https://www.gov.br/a/image_mini'], inner);
  }
  const picture = '<p><img src="/x.jpg"></p><p><a href="/x">Baixar imagem</a> | </p><p>Um.</p>';
  assert.equal(article(`<div id="content-core">${picture}</div>`).content, '![](https://www.gov.br/x.jpg)\n\nUm.');
  const document = '<p><a href="/x.pdf">Baixar</a></p><p>Um.</p>';
  assert.match(article(`<div id="content-core">${document}</div>`).content, /Baixar/, 'a document is no picture');
  const link = '<p>Um.</p><p><a href="/x">Baixar imagem</a></p><p>Dois.</p>';
  assert.match(
    article(`<div id="content-core">${link}</div>`).content,
    /Baixar/,
    'below the first words it is of the text',
  );
});

test('text beside the field that is meant for it is of the text, what Plone puts there is not', () => {
  const frame = `<div class="social-links"><a href="/f">Facebook</a></div><div class="documentByLine">por Ana</div>
    <div id="viewlet-below-content-body"><p>Registrado em</p></div><dl class="relatedItems"><dd><a href="/b">Outra</a></dd></dl>
    <div class="keywords">Assuntos: a</div>`;
  const field = '<div id="parent-fieldname-text"><p>Dois.</p></div>';
  const core = `<div id="content-core">${frame}<p>Um.</p>${leadImage}${field}<p>Três.</p>Quatro.${frame}</div>`;
  assert.equal(article(core).content, 'Um.\n\nDois.\n\nTrês.\n\nQuatro.');
  const apart = `<div id="content-core"><p>Galeria</p></div>${field}`;
  assert.equal(article(apart).content, 'Dois.', 'a field elsewhere is the text');
  const hidden = '<div id="parent-fieldname-text"><p style="display:none">Modelo</p></div>';
  assert.equal(
    article(`${hidden}<div id="content-core"><p>Um.</p></div>`).content,
    'Um.',
    'a field that shows nothing',
  );
});

test('a picture that nobody sees is not that of the article', () => {
  const images = '<img src="/contador.png" style="display: none"><img src="/a.jpg">';
  assert.equal(article(`<div id="content-core">${images}<p>Um.</p></div>`).imageUrl, 'https://www.gov.br/a.jpg');
});

test('the category is the second breadcrumb after the home page, else the one of the page head', () => {
  const crumbs = (home: string) =>
    `<nav class="portal-breadcrumbs">${home}<a href="/x">Assuntos</a> <a href="/y">Notícias</a> <span>Título</span></nav>`;
  assert.equal(article(body, crumbs('<span class="home"><a href="/">Mec</a></span>')).category, 'Notícias');
  assert.equal(article(body, crumbs('<a href="/">Página Inicial</a>')).category, 'Notícias');
  assert.equal(article(body, '<meta name="category" content=" Educação ">').category, 'Educação');
  assert.equal(article(body).category, null);
});

test('a base that is no web address is not one for links', () => {
  const link = '<div id="content-core"><p><a href="b">Texto</a></p></div>';
  assert.equal(article(link, '<base href="mailto:x@y.br">').content, `[Texto](${root}/b)`);
});

test('a page that repeats everything around its text yields the text alone', () => {
  const share =
    '<div>Compartilhe: <a href="https://www.facebook.com/sharer/sharer.php?u=x"><img src="/f.png" alt="Facebook"></a></div>';
  const text = [
    '<h2><u>Título</u></h2>',
    '<p><u>Título</u></p>',
    share,
    '<p>Publicado em 05/02/2024 10h00 Atualizado em 06/02/2024 10h00</p>',
    '<p onclick="x()">Compartilhe com a escola: afastado do cargo<a href="/d"> por determinação</a> judicial.</p>',
    '<p><a href="javascript:x()">Ouça</a></p><script>x()</script>',
    share,
  ];
  assert.equal(
    article(`<div id="content-core">${text.join('\n')}</div>`).content,
    'Compartilhe com a escola: afastado do cargo [por determinação](https://www.gov.br/d) judicial.\n\nOuça',
  );
});

test('the layout of a listing is the first one with links', () => {
  const { items, entryCount } = classic.parseListing(
    page(
      `<article class="tileItem"><h2>Agenda</h2></article>
       <ul class="noticias"><li><h2 class="titulo"><a href="http://www.gov.br/mec/x/view">X</a></h2><span class="data">01/02/2024</span></li></ul>`,
      root,
    ),
  );
  assert.equal(entryCount, 1);
  assert.equal(items[0]?.url, 'http://www.gov.br/mec/x/view');
  const empty = '<article class="tileItem"><h2>Agenda</h2></article>';
  assert.equal(classic.parseListing(page(empty, root)).entryCount, 0, 'entries without a link are no listing');
});

test('a page of files and links to elsewhere counts, and has no news', () => {
  const tile = (href: string, attributes = '') =>
    `<article class="tileItem"><a class="summary url" href="${href}" ${attributes}>X</a></article>`;
  const tiles = [tile('a.pdf/view'), tile('b', 'title="File"'), tile('c', 'title="Link"'), tile('https://y.br/d')];
  const { items, entryCount } = classic.parseListing(page(tiles.join(''), root));
  assert.deepEqual([items.length, entryCount], [0, 4]);
});

test('the offset of a page goes into the address as Plone names it', () => {
  const at = (url: string) => classic.listingUrl(url, { pageCount: 2, entryCount: 60 });
  assert.equal(at(root), `${root}?b_start:int=60`);
  assert.equal(at(`${root}/?tipo=a#topo`), `${root}/?tipo=a&b_start:int=60`);
});
