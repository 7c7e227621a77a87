import type { Platform } from '../../../shared/platform.ts';

const GOV_BR = 'https://www.gov.br/mec/pt-br/noticias/a';
const MAX_MARKUP = 2_990_000;
const fill = (part: string, length = MAX_MARKUP) => part.repeat(Math.floor(length / part.length));

const classic = (text: string) =>
  `<div id="content"><h1 class="documentFirstHeading">Título</h1><div id="content-core">${text}</div></div>`;
const agency = (text: string) => `<h1 class="titulo-materia">Título</h1><div class="conteudo-noticia">${text}</div>`;
const television = (text: string) => `<article><h1>Título</h1>${text}</article>`;
const unknown = (text: string) => `<title>Um título da página</title><h1>Um título da página</h1>${text}`;
const volto = (fields: object) => JSON.stringify({ title: 'Título', ...fields });
const html = (markup: string) => ({ blocks: { a: { '@type': 'html', html: markup } } });
/** Within the bound on nodes. */
const NODES = 58_000;
const nodes = (part: string, count: number) => part.repeat(Math.floor(NODES / count));

/** Pages as bad as the limits allow, or just beyond them, by name. */
export const worstPages: Readonly<Record<string, readonly [Platform, string]>> = {
  'more pictures than allowed': ['classic', classic(fill('<img src=a>'))],
  'as many pictures as allowed': ['classic', classic(nodes('<img src=a>', 1))],
  'as many cells as allowed': ['classic', classic(`<table>${nodes('<tr><td>a<td>b', 5)}`)],
  'as many lines as allowed': ['classic', classic(`<pre>${'a\n'.repeat(490_000)}`)],
  'as many players as allowed': ['classic', classic(fill('<iframe src="//youtu.be/abcdefghijk"></iframe>'))],
  'deep and wide quotes': ['agencia-brasil', agency('<blockquote>'.repeat(400) + nodes('<br>x', 2).slice(0, -5000))],
  'unclosed items': ['tv-brasil', television(`<ul>${nodes('<li>x', 2)}`)],
  'a deep unknown page': ['generic', unknown('<ul>'.repeat(250) + 'palavra, e outra. '.repeat(60))],
  'structured data of nothing but lists': [
    'generic',
    unknown(`<script type="application/ld+json">${fill('[')}</script>`),
  ],
  'a block of paragraphs': ['volto', volto(html(nodes('<p>x', 2)))],
  'ten megabytes of objects': ['volto', `{"items":[${'{},'.repeat(3_000_000)}0]}`],
};

/** Where they are said to come from. */
export const worstPageUrl = GOV_BR;
