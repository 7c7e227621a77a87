import { saoPauloIso } from '../../../../shared/time.ts';
import type { SampleArticle } from '../article.ts';
import type { SampleSource } from '../sources.ts';
import { brazilianDay, clockTime, hourTime } from './dates.ts';
import { blockHtml, createInline, escapeHtml } from './html.ts';
import { keywordHref, tagLinks } from './listing-entry.ts';
import { type PageWeight, ploneDocument, portalRoot } from './portal.ts';

/** The page of a news item on a classic portal. */
export function classicArticle(source: SampleSource, article: SampleArticle, weight: PageWeight): string {
  const { url, title, subtitle, lead, category, variant } = article;
  const kicker = lead ? `<p class="nitfSubtitle">${escapeHtml(lead)}</p>` : '';
  return ploneDocument({
    source,
    weight,
    title,
    base: url,
    bodyClass: 'portal-institucional template-collective.nitf-view portaltype-collective-nitf-content section-noticias',
    head: `  <meta property="og:title" content="${escapeHtml(title)}" />
  <meta property="og:type" content="article" />
  <meta name="description" content="${escapeHtml(subtitle ?? '')}" />
  ${category ? `<meta name="category" content="${escapeHtml(category)}" />` : ''}
  <link rel="canonical" href="${url}" />`,
    main: `${breadcrumbs(source, article)}
<div id="wrapper"><div id="main"><main id="main-content">
<div id="viewlet-above-content">${newsArticleJsonLd(article)}</div>
<div id="content">
  ${kicker}
  <h1 class="documentFirstHeading">${escapeHtml(title)}</h1>
  <div class="documentDescription description">${escapeHtml(subtitle ?? '')}</div>
  <div id="viewlet-above-content-body">
    ${variant % 4 === 3 ? '' : shareBlock(article)}
    ${byLine(article)}
  </div>
  <div id="content-core">
${body(source, article)}
  </div>
  <div id="viewlet-below-content-body">
    <div class="visualClear"><!-- --></div>
    ${keywords(source, article)}
    <div class="documentActions"></div>
  </div>
</div>
<div id="viewlet-below-content">${shareBlock(article)}</div>
</main></div></div>`,
  });
}

/** Three bodies of four are wrapped; in the fourth the text stands in #content-core itself, together with the share block. */
function body(source: SampleSource, article: SampleArticle): string {
  const root = new URL(portalRoot(source)).pathname;
  const inline = createInline(article.variant, [
    '../acoes-e-programas',
    `${root}/pt-br/acesso-a-informacao`,
    'resolveuid/4c1f0a6b9d2e4f7c8a3b5d6e7f809112',
    'https://www.gov.br/pt-br/servicos?v=1&amp;ordem=a',
  ]);
  const heading = article.variant % 2 === 0 ? `<h2>${escapeHtml(article.title)}</h2>\n` : '';
  const blocks = article.body.map((block) => blockHtml(block, inline)).join('\n');
  return article.variant % 4 === 3
    ? `${shareBlock(article)}\n${heading}${blocks}`
    : `<div id="parent-fieldname-text">${heading}${blocks}</div>`;
}

function breadcrumbs(source: SampleSource, article: SampleArticle): string {
  const root = `${portalRoot(source)}/pt-br`;
  const crumbs = [
    `<a href="${root}/assuntos">Assuntos</a>`,
    `<a href="${source.listingUrl}">${escapeHtml(article.category ?? 'Notícias')}</a>`,
    `<span id="breadcrumbs-current">${escapeHtml(article.title)}</span>`,
  ];
  // Only one of the two themes in use gives the trail a class.
  const className = source.layout === 'entries' ? ' class="portal-breadcrumbs"' : '';
  return `<div id="portal-breadcrumbs-wrapper"><nav id="breadcrumbs"${className} aria-label="Histórico de navegação (Breadcrumbs)">
  <div class="content"><span class="sr-only">Você está aqui:</span>
    <span class="home"><a href="${root}"><span class="sr-only">Página Inicial</span></a></span>
    ${crumbs.map((crumb, index) => `<span dir="ltr" id="breadcrumbs-${index + 1}">${crumb}</span>`).join('\n    ')}
  </div></nav></div>`;
}

/** On a third of the pages valid, on a third with quotes that break the JSON, on the rest absent. */
function newsArticleJsonLd(article: SampleArticle): string {
  if (article.variant % 3 === 2) return '';
  const json = JSON.stringify({
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: article.title,
    url: article.url,
    image: article.imageUrl ? [article.imageUrl] : undefined,
    datePublished: saoPauloIso(article.publishedAt),
    dateModified: article.modifiedAt ? saoPauloIso(article.modifiedAt) : undefined,
  }).replaceAll('<', '\\u003c');
  const broken = json.replace(/("headline":")([^" ]+)/, '$1"$2"');
  return `<script type="application/ld+json">${article.variant % 3 === 1 ? broken : json}</script>`;
}

function byLine(article: SampleArticle): string {
  const time = (instant: Date) =>
    article.variant % 5 === 0
      ? `${brazilianDay(instant)} - ${clockTime(instant)}`
      : `${brazilianDay(instant)} ${hourTime(instant)}`;
  const modified = article.modifiedAt
    ? `<span class="documentModified">
        <span>Atualizado em</span>
        <span class="value">${time(article.modifiedAt)}</span>
      </span>`
    : '';
  return `<div class="documentByLine" id="plone-document-byline">
      <span class="documentPublished">
        <span>Publicado em</span>
        <span class="value">${time(article.publishedAt)}</span>
      </span>
      ${modified}
    </div>`;
}

function shareBlock(article: SampleArticle): string {
  const url = escapeHtml(article.url);
  const text = encodeURIComponent(article.title);
  const link = (href: string, network: string) => `<a href="${href}" title="${network}" class="">
        <span aria-hidden="true" class="fab fa-${network.toLowerCase()}"></span>
        <span class="sr-only">Compartilhe por ${network}</span>
      </a>`;
  return `<div class="social-links">
      <label>Compartilhe: </label>
      ${link(`http://www.facebook.com/sharer.php?u=${url}`, 'Facebook')}
      ${link(`https://twitter.com/share?text=${text}&amp;url=${url}`, 'Twitter')}
      ${link(`https://www.linkedin.com/shareArticle?mini=true&amp;url=${url}`, 'LinkedIn')}
      ${link(`https://api.whatsapp.com/send?text=${text}%20${url}`, 'WhatsApp')}
      <a class="link-clipboard" onclick="event.preventDefault()" title="Copiar para área de transferência" href="${url}">
        <span class="sr-only">link para Copiar para área de transferência</span>
      </a>
    </div>`;
}

function keywords(source: SampleSource, article: SampleArticle): string {
  if (article.tags.length === 0) return '';
  if (source.layout === 'entries' || source.layout === 'items') {
    return `<div id="category" class="documentByLine"><span>Tags: </span>
              ${tagLinks(source, article.tags, article.variant, keywordHref)}</div>`;
  }
  return `<div class="keywords"><span>registrado em:</span>
              ${tagLinks(source, article.tags, article.variant)}</div>`;
}
