import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExtractionError } from '../../../../functions/scrape/errors.ts';
import {
  isDateLine,
  parseMachineDate,
  parseWrittenDate,
} from '../../../../functions/scrape/extractors/generic/dates.ts';
import { generic } from '../../../../functions/scrape/extractors/generic/generic.ts';

const url = 'https://portal.exemplo.gov.br/noticias/ponte';
const read = (body: string) => generic.parseArticle({ url, contentType: 'text/html', body }, url);

const sentences = [
  'A ponte sobre o rio foi aberta ao tráfego nesta manhã, depois de dois anos de obras, e recebe carros e ônibus.',
  'Segundo o ministério, a obra custou R$ 15 milhões, gerou 300 empregos, e ficou pronta antes do prazo previsto.',
  'Moradores das duas margens, que antes dependiam da balsa, comemoraram a chegada da nova ligação entre as cidades.',
];
const [opening, cost, people] = sentences.map((text) => `<p>${text}</p>`);

test('reads a WordPress article: metadata for the fields, the text without what stands between its paragraphs', () => {
  const article = read(`<!doctype html><html lang="pt-BR"><head>
    <title>Ponte é aberta ao tráfego &#8211; Portal Exemplo</title>
    <meta property="og:title" content="Ponte é aberta ao tráfego – Portal Exemplo">
    <meta property="og:description" content="A ponte sobre o rio foi aberta ao tráfego nesta manhã, depois [&hellip;]">
    <meta property="og:image" content="/wp-content/ponte.jpg">
    <meta property="article:published_time" content="2024-03-12T13:30:00+00:00">
    <meta property="article:modified_time" content="2024-03-13T10:00:00-03:00">
    <meta property="article:section" content="Infraestrutura">
    <meta property="article:tag" content="Pontes"><meta property="article:tag" content=" Obras "><meta property="article:tag" content="pontes">
    <style>p { color: red }</style></head><body class="single">
    <nav><ul><li><a href="/a">Início do portal</a></li><li><a href="/b">Todas as notícias</a></li></ul></nav>
    <div id="content"><article class="post"><header><h1 class="entry-title">Ponte é aberta ao tráfego</h1>
      <div class="entry-meta">Publicado em 12 de março de 2024 por <span class="byline">Redação</span></div></header>
      <div class="sharedaddy"><a href="https://facebook.com/sharer.php?u=x">Compartilhe no Facebook</a></div>
      <div class="entry-content">${opening}
        <figure class="wp-caption"><img src="/wp-content/ponte.jpg" alt="A ponte"><figcaption>Foto: Divulgação do ministério</figcaption></figure>
        ${cost}
        <p><strong>Leia também:</strong></p>
        <p><a href="/outra">Governo anuncia a construção de outras dez pontes no estado do Pará</a></p>
        <h2>O que muda</h2>
        <ul><li>A balsa deixa de circular em abril.</li><li>O pedágio não será cobrado dos moradores.</li></ul>
        <table><tr><th>Cidade</th><th>Habitantes</th></tr><tr><td>Norte</td><td>900</td></tr><tr><td>Sul</td><td>800</td></tr></table>
        <blockquote><p>“É um sonho antigo”, disse a moradora Ana, que esperou por vinte anos.</p></blockquote>
        ${people}
        <p>Veja o <a href="/edital.pdf">edital da obra, com todos os prazos e valores contratados até hoje</a>.</p>
      </div></article>
      <div class="related-posts"><h3>Relacionadas</h3><ul><li><a href="/1">Primeira outra notícia</a></li><li><a href="/2">Segunda outra notícia</a></li><li><a href="/3">Terceira outra notícia</a></li></ul></div></div>
    <footer>Ministério do Exemplo, Brasília, telefone (61) 1234-5678</footer><script>alert('never a text')</script></body></html>`);
  assert.equal(
    article.content,
    [
      sentences[0],
      '![A ponte](https://portal.exemplo.gov.br/wp-content/ponte.jpg)',
      sentences[1],
      '## O que muda',
      '- A balsa deixa de circular em abril.\n- O pedágio não será cobrado dos moradores.',
      '| Cidade | Habitantes |\n| --- | --- |\n| Norte | 900 |\n| Sul | 800 |',
      '> “É um sonho antigo”, disse a moradora Ana, que esperou por vinte anos.',
      sentences[2],
      'Veja o [edital da obra, com todos os prazos e valores contratados até hoje](https://portal.exemplo.gov.br/edital.pdf).',
    ].join('\n\n'),
  );
  const { content: _, ...fields } = article;
  assert.deepEqual(fields, {
    title: 'Ponte é aberta ao tráfego',
    subtitle: null,
    editorialLead: null,
    imageUrl: 'https://portal.exemplo.gov.br/wp-content/ponte.jpg',
    videoUrl: null,
    category: 'Infraestrutura',
    tags: ['Pontes', 'Obras'],
    published: { instant: new Date('2024-03-12T13:30:00Z'), source: 'page' },
    updated: new Date('2024-03-13T13:00:00Z'),
  });
});

test('reads a Joomla article without metadata: headline, subtitle and dates as readers see them', () => {
  const article = read(`<html><head><title>Ponte é aberta ao tráfego - Órgão</title>
    <meta name="description" content="Obra liga as duas margens do rio, em Exemplópolis"></head><body>
    <h1><a href="/">Órgão</a></h1><form action="/busca"><input name="q"><button>Buscar</button></form>
    <div class="item-page" itemscope><h2 itemprop="headline">Ponte é aberta ao tráfego</h2>
    <dl class="article-info"><dd class="category-name">Notícias</dd>
      <dd class="published">Publicado: Sexta, 10 Janeiro 2014 16h42</dd>
      <dd class="modified">Última atualização em 13/01/2014 às 09h00</dd></dl>
    <p class="subtitulo">Obra liga as duas margens do rio, em Exemplópolis</p>
    <div itemprop="articleBody">${opening}<p><img src="images/ponte.jpg" width="600"></p>${cost}${people}</div>
    <ul class="tags"><li><a href="/tags/pontes">Pontes</a></li></ul></div></body></html>`);
  assert.equal(article.title, 'Ponte é aberta ao tráfego');
  assert.equal(article.subtitle, 'Obra liga as duas margens do rio, em Exemplópolis');
  assert.deepEqual(article.published, { instant: new Date('2014-01-10T18:42:00Z'), source: 'page' });
  assert.deepEqual(article.updated, new Date('2014-01-13T11:00:00Z'));
  assert.equal(article.imageUrl, 'https://portal.exemplo.gov.br/noticias/images/ponte.jpg');
  assert.deepEqual(article.tags, ['Pontes']);
  assert.equal(
    article.content,
    [sentences[0], '![](https://portal.exemplo.gov.br/noticias/images/ponte.jpg)', ...sentences.slice(1)].join('\n\n'),
  );
});

test('reads a bare page, and a page that is one big form', () => {
  const bare = read(
    `<title>Ponte aberta</title><h1>Ponte é aberta ao tráfego</h1><p>12/03/2024 10h30</p>${opening}${cost}`,
  );
  assert.equal(bare.title, 'Ponte é aberta ao tráfego');
  assert.equal(bare.content, sentences.slice(0, 2).join('\n\n'));
  assert.deepEqual(bare.published?.instant, new Date('2024-03-12T13:30:00Z'));
  const form = read(`<h1>Ponte</h1><form id="aspnetForm"><div>${(opening! + cost + people).repeat(4)}</div></form>`);
  assert.match(form.content, /^A ponte sobre o rio/);
});

test('takes JSON-LD first, in any shape, and the text from it when the page is empty without scripts', () => {
  const data = {
    '@graph': [
      { '@type': 'WebSite', name: 'Portal' },
      {
        '@type': ['ReportageNewsArticle'],
        headline: 'Ponte é aberta',
        datePublished: '2024-03-12',
        dateModified: 'soon',
        keywords: 'pontes, obras',
        articleSection: ['Infraestrutura'],
        image: { url: 'https://portal.exemplo.gov.br/a.jpg' },
        articleBody: `${sentences[0]}\n\n${sentences[1]} <b>1 < 2</b>`,
      },
    ],
  };
  const script = `<script type="application/ld+json">${JSON.stringify(data)}</script>`;
  const article = read(
    `<head><meta property="article:published_time" content="2020-01-01">${script}</head><body><div id="app"></div></body>`,
  );
  assert.equal(article.title, 'Ponte é aberta');
  assert.deepEqual(article.published, { instant: new Date('2024-03-12T03:00:00Z'), source: 'json-ld' });
  assert.equal(article.updated, null);
  assert.deepEqual(article.tags, ['pontes', 'obras']);
  assert.equal(article.category, 'Infraestrutura');
  assert.equal(article.imageUrl, 'https://portal.exemplo.gov.br/a.jpg');
  assert.equal(article.content, `${sentences[0]}\n\n${sentences[1]} \\<b>1 < 2\\</b>`);
});

test('a headline is the heading that the metadata speak of; without one the name of the site goes', () => {
  const text = opening! + cost;
  const title = (body: string) => read(body + text).title;
  assert.equal(
    title('<title>Ponte aberta hoje | Portal</title><h1>Portal</h1><h2>Ponte aberta hoje</h2>'),
    'Ponte aberta hoje',
  );
  const site = '<meta property="og:site_name" content="Portal">';
  assert.equal(
    title(`${site}<meta property="og:title" content="Ponte - nova - aberta | Portal">`),
    'Ponte - nova - aberta',
  );
  assert.equal(title(`${site}<title>Portal - Ponte - nova</title>`), 'Ponte - nova');
  assert.equal(title(`${site}<title>Portal</title>`), 'Portal');
});

test('the first paragraph stays in the text when it is also the description', () => {
  const head = `<meta name="description" content="${sentences[0]}"><h1>Ponte aberta</h1>`;
  const inText = read(`${head}<div><p class="t">${sentences[0]}</p><p class="t">${sentences[1]}</p></div>`);
  assert.equal(inText.subtitle, null);
  assert.equal(inText.content, sentences.slice(0, 2).join('\n\n'));
});

test('a part goes by its name only while it is a small part of the text', () => {
  const whole = read(`<h1>Ponte</h1><div class="related comment">${opening}${cost}${people}</div>`);
  assert.equal(whole.content, sentences.join('\n\n'));
});

test('a picture of the site is none of the article', () => {
  const logo = '<meta property="og:image" content="https://portal.exemplo.gov.br/logo.png">';
  assert.equal(read(`${logo}<h1>Ponte</h1>${opening}`).imageUrl, null);
  assert.match(read(`${logo}<h1>Ponte</h1>${opening}<img src="/p.jpg">${cost}`).imageUrl ?? '', /\/p\.jpg$/);
});

test('a video stands for a text; a page with neither, or without a title, is a typed failure', () => {
  const video = read('<h1>Ponte</h1><video><source type="video/mp4" src="/v.mp4"></video>');
  assert.deepEqual([video.content, video.videoUrl], ['', 'https://portal.exemplo.gov.br/v.mp4']);
  const failure = (field: string) => (error: unknown) => error instanceof ExtractionError && error.field === field;
  assert.throws(() => read(''), failure('title'));
  assert.throws(() => read('<p>Um texto sem título.</p>'), failure('title'));
  assert.throws(() => read('<h1>Só um título</h1>'), failure('content'));
  assert.throws(
    () => read('<title>x</title><script>var texto = "nada que um leitor veja";</script>'),
    failure('content'),
  );
  assert.throws(() => read('<h1>Só</h1><p hidden>oculto</p><p style="display: none">oculto</p>'), failure('content'));
});

test('dates are read in the forms that people and feeds write', () => {
  const iso = (date: { instant: Date } | null) => date?.instant.toISOString();
  assert.equal(iso(parseWrittenDate('Brasília, 1º de março de 2024, às 10h30')), '2024-03-01T13:30:00.000Z');
  assert.equal(iso(parseWrittenDate('12 mar 2024')), '2024-03-12T03:00:00.000Z');
  assert.equal(iso(parseWrittenDate('March 12, 2024')), '2024-03-12T03:00:00.000Z');
  assert.equal(iso(parseWrittenDate('12.03.2024')), '2024-03-12T03:00:00.000Z');
  assert.equal(iso(parseWrittenDate('10/01/2015 10h00')), '2015-01-10T12:00:00.000Z', 'daylight saving');
  assert.equal(iso(parseMachineDate('Tue, 12 Mar 2024 10:00:00 -0300')), '2024-03-12T13:00:00.000Z');
  assert.equal(iso(parseMachineDate('12 Mar 2024 10:00 GMT')), '2024-03-12T10:00:00.000Z');
  assert.equal(iso(parseMachineDate('2024-03-12T10:00:00Z')), '2024-03-12T10:00:00.000Z');
  for (const text of ['', '31 de fevereiro de 2024', '40 foobar 2024', 'Wed, 99 Mar 2024 10:00:00 GMT', '1969-12-31']) {
    assert.equal(parseMachineDate(text), null, text);
  }
  assert.ok(isDateLine('Publicado em 12/03/2024 às 10h30 | Atualizado em 13 de março de 2024'));
  assert.ok(!isDateLine('Em 12/03/2024 a ponte abriu'));
});
