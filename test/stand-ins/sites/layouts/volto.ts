import type { SampleArticle } from '../article.ts';
import { createRandom } from '../random.ts';
import type { SampleSource } from '../sources.ts';
import { brazilianDay, clockTime, ploneUtc } from './dates.ts';
import { escapeHtml } from './html.ts';
import type { ListingEntry } from './listing-entry.ts';
import { type PageWeight, portalFooter, portalHeader } from './portal.ts';
import { voltoBlocks } from './volto-blocks.ts';

type Json = Record<string, unknown>;

/** What Plone writes for a date that was never set. */
const UNSET_DATE = '1969-12-31T00:00:00+00:00';

export interface VoltoSearch {
  source: SampleSource;
  entries: readonly ListingEntry[];
  start: number;
  size: number;
  total: number;
  fullObjects: boolean;
}

/** The answer of `@search`; files and events slip between the news items, as search catalogues let them. */
export function voltoSearch({ source, entries, start, size, total, fullObjects }: VoltoSearch): Json {
  const address = `${apiUrl(source)}/@search`;
  const batch = (offset: number) => `${address}?b_start=${offset}&b_size=${size}`;
  const last = Math.max(0, Math.ceil(total / size) - 1) * size;
  return {
    '@id': address,
    batching: {
      '@id': batch(start),
      first: batch(0),
      last: batch(last),
      ...(start + size < total ? { next: batch(start + size) } : {}),
      ...(start > 0 ? { prev: batch(Math.max(0, start - size)) } : {}),
    },
    items: entries.map((entry) => {
      if (entry.kind !== 'article') return otherItem(entry);
      return fullObjects ? voltoItem(source, entry.article) : summaryItem(entry.article);
    }),
    items_total: total,
  };
}

/** `https://www.gov.br/anvisa/++api++/pt-br/assuntos/noticias-anvisa` */
function apiUrl(source: SampleSource): string {
  return source.listingUrl.replace('/pt-br/', '/++api++/pt-br/');
}

function summaryItem(article: SampleArticle): Json {
  return {
    '@id': article.url,
    '@type': 'News Item',
    description: article.subtitle ?? '',
    effective: effective(article),
    modified: ploneUtc(article.modifiedAt ?? article.publishedAt),
    review_state: 'published',
    title: article.title,
    type_title: 'Notícia',
  };
}

/** A news item with all its fields, as `fullobjects=1` or its own address gives it. */
export function voltoItem(source: SampleSource, article: SampleArticle): Json {
  const random = createRandom('uid', article.url);
  const { lead, category, tags, variant, imageUrl } = article;
  // Both names of the field are met, depending on the release.
  const subjects = variant % 3 === 0 ? { Subject: tags } : { subjects: [...tags, ' '] };
  return {
    ...summaryItem(article),
    UID: random.hex(32),
    ...voltoBlocks(source, article),
    ...subjects,
    category: category ? { id: 15, nomeCategoria: category, statusCategoria: 'P' } : null,
    created: ploneUtc(article.publishedAt),
    expires: null,
    id: article.url.split('/').at(-1),
    image: imageUrl ? imageField(imageUrl) : null,
    is_folderish: true,
    language: { title: 'Português (Brasil)', token: 'pt-br' },
    layout: 'newsitem_view',
    relatedItems: [],
    subtitle: lead ?? '',
    version: 'current',
  };
}

function imageField(imageUrl: string): Json {
  const scale = (width: number) => ({ download: `${imageUrl}-${width}`, height: Math.round(width * 0.6), width });
  return {
    'content-type': 'image/png',
    download: imageUrl,
    filename: 'imagem.png',
    height: 720,
    scales: { large: scale(800), preview: scale(400) },
    size: 482190,
    width: 1200,
  };
}

function otherItem(entry: Exclude<ListingEntry, { kind: 'article' }>): Json {
  return {
    '@id': entry.url,
    '@type': entry.kind === 'file' ? 'File' : 'Event',
    UID: createRandom('uid', entry.url).hex(32),
    description: '',
    effective: UNSET_DATE,
    review_state: entry.kind === 'file' ? null : 'published',
    title: entry.title,
    type_title: entry.kind === 'file' ? 'Arquivo' : 'Evento',
  };
}

function effective(article: SampleArticle): string {
  return article.undated ? UNSET_DATE : ploneUtc(article.publishedAt);
}

/** What a browser gets before JavaScript runs: frame, date and metadata, but no text. */
export function voltoArticleShell(source: SampleSource, article: SampleArticle, weight: PageWeight): string {
  const { title, subtitle, publishedAt, modifiedAt } = article;
  const json = JSON.stringify({
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: title,
    datePublished: effective(article),
    dateModified: ploneUtc(modifiedAt ?? publishedAt),
  }).replaceAll('<', '\\u003c');
  const published = article.undated ? '' : `Publicado em ${brazilianDay(publishedAt)} ${clockTime(publishedAt)}`;
  return shell(source, title, weight, `<script type="application/ld+json">${json}</script>`, [
    `<h1 class="documentFirstHeading">${escapeHtml(title)}</h1>`,
    `<p class="documentDescription">${escapeHtml(subtitle ?? '')}</p>`,
    `<div class="block dateSocialShareBlock">${published}</div>`,
    '<div class="block html"></div>',
    '<div class="block slate">Carregando</div>',
  ]);
}

export function voltoListingShell(source: SampleSource, weight: PageWeight): string {
  return shell(source, 'Notícias', weight, '', [
    '<h1 class="documentFirstHeading">Notícias</h1>',
    '<div class="block listing default">Carregando</div>',
  ]);
}

function shell(
  source: SampleSource,
  title: string,
  weight: PageWeight,
  head: string,
  blocks: readonly string[],
): string {
  // The state that the server hands to the browser is most of the 270 KB and more that such a page weighs.
  const state = { router: {}, navigation: { items: weight === 'real' ? navigationItems(source) : [] } };
  return `<!doctype html>
<html lang="pt-br" data-reactroot="">
<head>
  <meta charset="utf-8" />
  <meta name="generator" content="Plone 6 - https://plone.org" />
  <title>${escapeHtml(title)} — ${escapeHtml(source.name)}</title>
  ${head}
</head>
<body class="view-newsitemview contenttype-news-item section-assuntos is-anonymous">
<div id="main">
${portalHeader(source, weight)}
<main><div id="page-document" class="ui container">
${blocks.join('\n')}
</div></main>
${portalFooter(source)}
</div>
<script charset="UTF-8">window.__data=${JSON.stringify(state).replaceAll('<', '\\u003c')};</script>
</body>
</html>
`;
}

function navigationItems(source: SampleSource): Json[] {
  return Array.from({ length: 1600 }, (_, index) => ({
    '@id': `${source.listingUrl}/secao-${index}`,
    description: '',
    items: '',
    review_state: 'published',
    title: `Seção ${index} do portal`,
  }));
}
