import { readFileSync } from 'node:fs';
import type { Page } from '../../../functions/scrape/page.ts';
import type { Platform } from '../../../shared/platform.ts';
import { generateArticles } from '../../stand-ins/sites/generator.ts';
import { createSite } from '../../stand-ins/sites/site.ts';
import { isClassic, SAMPLE_NOW, SAMPLE_SOURCES, type SampleSource } from '../../stand-ins/sites/sources.ts';

const ARTICLES_PER_SOURCE = 3;
const folder = new URL('../../fixtures/pages/', import.meta.url);

const articles = generateArticles({ seed: 5, articles: 120, now: SAMPLE_NOW, days: 5 });
const answer = createSite({ articles, broken: [], pinned: [], weight: 'light' });

function served(address: string): Page {
  const { body, contentType } = answer(new URL(address));
  return { url: address, body, contentType };
}

function ofSources(isWanted: (source: SampleSource) => boolean): Page[] {
  return SAMPLE_SOURCES.filter(isWanted).flatMap(({ agencyKey, listingUrl }) => {
    const own = articles.filter((article) => article.agencyKey === agencyKey).slice(0, ARTICLES_PER_SOURCE);
    return [listingUrl, ...own.map(({ url }) => url)].map(served);
  });
}

function fixtures(url: string, ...files: string[]): Page[] {
  return files.map((file) => ({ url, contentType: '', body: readFileSync(new URL(file, folder), 'utf8') }));
}

function written(url: string, ...bodies: string[]): Page[] {
  return bodies.map((body) => ({ url, contentType: '', body }));
}

const GOV_BR = 'https://www.gov.br/mec/pt-br/noticias/a';
const PLAYER = '<iframe width="560" src="https://www.youtube.com/embed/abcdefghijk" title="Vídeo"></iframe>';
const SHARE =
  '<div class="social"><p>Compartilhe: <a href="https://www.facebook.com/sharer.php?u=x">Facebook</a> <a href="https://x.com/intent/post?url=x">X</a></p></div>';
const JSON_LD =
  '<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": ["NewsArticle"], "headline": "Ponte é aberta", "datePublished": "2026-01-10T10:00:00-03:00", "dateModified": "2026-01-11", "keywords": ["Obras", "Pontes"], "articleSection": "Cidades", "image": {"url": "/a.jpg"}}]}</script>';
/** Everything that a text may hold. */
const TEXT = `<p>Ponte é aberta<br>10/01/2026 10h00<br>Obra levou dois anos<br>Começo.</p><p>A <b>ponte</b> foi <em>aberta</em> ao <a href="../rio (1).pdf">tráfego</a>, por <i>R$ 15</i> milhões.<br><br>Nova linha<sup>2</sup>.</p>
  ${SHARE}<h2>O que muda</h2><ul><li>Um<ul><li>dentro</li></ul></li><li>Dois</li></ul><ol start="3"><li>Três</li></ol>
  <table><caption>Resumo</caption><tr><th colspan="2">Cidade</th></tr><tr><td rowspan="2">Norte</td><td>900</td></tr><tr><td>Sul | Leste</td></tr></table>
  <blockquote><p>“É um sonho”, disse.</p></blockquote><pre>um\n  dois</pre><hr>${PLAYER}
  <figure><img src="resolveuid/1/@@images/image" data-src="/b.jpg" srcset="/c.jpg 300w, /d.jpg 600w" alt="A [ponte]" width="600"><figcaption>Foto: Ana</figcaption></figure>
  <p>* Nota com 1. número, # e _marcas_ de [texto](x) &lt;b&gt; &amp;lt;</p><p>Assessoria de Comunicação Social do MEC<br>(61) 2022-0000</p>`;

const CLASSIC_ARTICLE = `<html><head><base href="https://www.gov.br/mec/pt-br/noticias/"><meta name="generator" content="Plone - http://plone.org"><meta name="category" content="Obras">${JSON_LD}</head><body>
  <nav class="portal-breadcrumbs"><a class="home" href="/">Início</a><a href="/n">Notícias</a><a href="/o">Obras</a></nav><div id="content">
  <p class="nitfSubtitle">Cidades</p><h1 class="documentFirstHeading">Ponte é aberta</h1><div class="documentDescription">Obra levou dois anos</div>
  <span class="documentPublished">Publicado em <span class="value">10/01/2026 10h00</span></span><span class="documentModified"><span class="value">11/01/2026 - 10:30</span></span>
  <div id="content-core"><div id="parent-fieldname-text">${TEXT}<video src="f.mp4"></video></div><div class="keywords"><a href="/@@search?origem=keyword">Obras</a><a>Pontes</a></div></div></div></body></html>`;
const VOLTO_PAGE = `<html><head><meta name="generator" content="Plone 6 - https://plone.org">${JSON_LD}</head><body><div id="main"><main><div id="page-document">
  <h1 class="documentFirstHeading">Ponte é aberta</h1><p class="documentDescription">Obra levou dois anos</p><div class="block dateSocialShareBlock">Publicado em 10/01/2026 10:00</div>
  <div class="block slate">${TEXT}</div><div class="block html"><p>Fim.</p></div></div></main></div><script>window.__data={"a":1};</script></body></html>`;
const slate = (text: string) => ({
  '@type': 'slate',
  plaintext: text,
  value: [
    {
      type: 'p',
      children: [{ text }, { type: 'link', data: { url: '/x' }, children: [{ text: 'aqui', bold: true }] }],
    },
  ],
});
const VOLTO_BLOCKS: Record<string, unknown> = {
  slate: slate('Um parágrafo com '),
  html: { '@type': 'html', html: TEXT },
  text: {
    '@type': 'text',
    text: {
      blocks: [
        { type: 'header-two', text: 'a' },
        { type: 'unordered-list-item', text: 'b' },
      ],
    },
  },
  image: {
    '@type': 'image',
    url: [{ '@id': '/a.jpg' }],
    image_scales: { image: [{ download: '@@images/a.jpg' }] },
    caption: 'c',
  },
  table: {
    '@type': 'slateTable',
    table: { rows: [{ cells: [{ value: [{ text: 'a' }] }, { value: 'b' }] }, { cells: [{ value: 'c' }] }] },
  },
  grid: { '@type': 'gridBlock', blocks: { a: slate('dentro') }, blocks_layout: { items: ['a'] } },
  video: { '@type': 'video', url: 'https://youtu.be/abcdefghijk' },
  film: { '@type': 'video', url: 'https://www.gov.br/a.mp4' },
  quote: { '@type': 'quote', value: 'citação', attribution: 'Ana' },
};
const VOLTO_ITEM = {
  '@id': GOV_BR.replace('/pt-br', '/++api++/pt-br'),
  '@type': 'News Item',
  title: 'Ponte é aberta',
  description: 'Obra levou dois anos',
  effective: '2026-01-10T13:00:00+00:00',
  modified: '2026-01-11T13:00:00+00:00',
  subjects: ['Obras', ' Pontes '],
  category: { nomeCategoria: 'Cidades' },
  image: { download: '/a.jpg' },
  blocks: VOLTO_BLOCKS,
  blocks_layout: { items: Object.keys(VOLTO_BLOCKS) },
};
const AGENCY_ARTICLE = `<h1 class="titulo-materia">Ponte é aberta</h1><div class="linha-fina-noticia">Obra</div><div class="data">Publicado em 10/01/2026 - 10:00</div>
  <figure><img src="/loading_v2.gif" data-echo="/a.jpg"><noscript><img src="/a.jpg"></noscript></figure><div class="conteudo-noticia">${TEXT}</div><a href="/tags/obras">Obras</a>`;
const TV_ARTICLE = `<article><h1>Ponte é aberta</h1><h4 class="txtNoticias">Jornal</h4><h5>No AR em 10/01/2026 - 10:00</h5>${TEXT}<video><source type="video/mp4" src="/f.mp4"></video><p>Tags: a</p></article>`;
const OTHER_SITE = 'https://portal.exemplo.gov.br/noticias';
const STORY =
  'A ponte sobre o rio foi aberta ao tráfego nesta manhã, depois de dois anos de obras, e recebe carros. '.repeat(3);
const GENERIC_ARTICLE = `<!doctype html><html><head><title>Ponte é aberta – Portal</title><meta property="og:title" content="Ponte é aberta"><meta property="og:image" content="/a.jpg">
  <meta property="og:video" content="/f.mp4"><meta property="article:published_time" content="2026-01-10T10:00:00Z"><meta property="article:section" content="Obras"><meta property="article:tag" content="Pontes">
  <meta name="description" content="Obra levou dois anos e custou R$ 15 milhões">${JSON_LD}</head><body><nav><a href="/">Início</a></nav><main><article><h1>Ponte é aberta</h1>
  <p class="chapeu">Obra levou dois anos e custou R$ 15 milhões</p><time datetime="2026-01-10">10 de janeiro de 2026</time><p>${STORY}</p>${TEXT}<p>${STORY}</p></article></main><footer>Fim</footer></body></html>`;
const GENERIC_LISTING = `<body><main><ul>${[1, 2, 3, 4].map((day) => `<li><h3><a href="/noticias/obra-${day}">Obra número ${day} é aberta ao público</a></h3><time datetime="2026-01-0${day}">0${day}/01/2026</time></li>`).join('')}</ul></main></body>`;
const RSS = `<?xml version="1.0"?><rss version="2.0"><channel><title>N</title>${[1, 2].map((day) => `<item><title><![CDATA[Obra ${day} &amp; mais]]></title><link>/noticias/${day}</link><guid>https://x.gov.br/${day}</guid><pubDate>Sat, 10 Jan 2026 10:0${day}:00 -0300</pubDate><category>Obras</category><description>x</description></item>`).join('')}</channel></rss>`;
const ATOM = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Obra</title><link rel="alternate" href="/noticias/3"/><updated>2026-01-10T10:00:00Z</updated><category term="Obras" label="Obras públicas"/></entry></feed>`;

/** Pages of every engine to start from: those of the sample site, of the fixtures, and one with everything on it. */
export const fuzzPages: Readonly<Record<Platform, readonly Page[]>> = {
  classic: [
    ...ofSources(({ layout }) => isClassic(layout)),
    ...fixtures(
      GOV_BR,
      'classic-article.html',
      'classic-article-plain.html',
      'classic-listing-entries.html',
      'classic-listing-items.html',
      'classic-listing-news.html',
      'classic-listing-tiles.html',
      'challenge-cloudflare.html',
    ),
    ...written(GOV_BR, CLASSIC_ARTICLE, CLASSIC_ARTICLE),
  ],
  volto: [
    ...SAMPLE_SOURCES.filter(({ layout }) => layout === 'volto').map(({ listingUrl }) =>
      served(`${listingUrl.replace('/pt-br/', '/++api++/pt-br/')}/@search?b_start=0&b_size=5&fullobjects=1`),
    ),
    ...ofSources(({ layout }) => layout === 'volto').slice(0, 2),
    ...fixtures(GOV_BR, 'volto-search.json'),
    ...written(
      GOV_BR,
      VOLTO_PAGE,
      JSON.stringify(VOLTO_ITEM),
      JSON.stringify(VOLTO_ITEM),
      JSON.stringify({
        items: [VOLTO_ITEM, { ...VOLTO_ITEM, blocks: undefined, category: { title: 'Obras e mais '.repeat(60) } }],
        items_total: 2,
        batching: {},
      }),
    ),
  ],
  'agencia-brasil': [
    ...ofSources(({ layout }) => layout === 'agencia-brasil'),
    ...fixtures(
      'https://agenciabrasil.ebc.com.br/geral/noticia/2026-01/a',
      'agencia-brasil-article.html',
      'agencia-brasil-listing.html',
      'agencia-brasil-listing-isotope.html',
    ),
    ...written('https://agenciabrasil.ebc.com.br/geral/noticia/2026-01/a', AGENCY_ARTICLE, AGENCY_ARTICLE),
  ],
  'tv-brasil': [
    ...ofSources(({ layout }) => layout === 'tv-brasil'),
    ...fixtures('https://tvbrasil.ebc.com.br/jornal/a', 'tv-brasil-article.html', 'tv-brasil-listing.html'),
    ...written('https://tvbrasil.ebc.com.br/jornal/a', TV_ARTICLE, TV_ARTICLE),
  ],
  generic: written(OTHER_SITE, GENERIC_ARTICLE, GENERIC_ARTICLE, CLASSIC_ARTICLE, GENERIC_LISTING, RSS, ATOM),
};
