import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from '../../../../functions/scrape/page.ts';
import { type ExtractOptions, extractListing, extractPage } from '../../../../functions/scrape/read/extract.ts';
import { contentHash } from '../../../../shared/identity.ts';
import { saoPauloIso } from '../../../../shared/time.ts';
import { answer, listed } from '../../../stand-ins/sites/reading.ts';
import { isClassic, SAMPLE_SOURCES } from '../../../stand-ins/sites/sources.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';
import { expected, pageOf } from '../pages.ts';

const govBr = 'https://www.gov.br/orgao/pt-br/noticias';
const url = `${govBr}/x`;

function pageFrom(body: string, at = url): Page {
  return { url: at, contentType: 'text/html', body };
}

function record(page: Page, options?: ExtractOptions) {
  const result = extractPage(page, options);
  assert.ok(!('failure' in result), JSON.stringify(result));
  return result;
}

function failure(page: Page, options?: ExtractOptions) {
  const result = extractPage(page, options);
  assert.ok('failure' in result, JSON.stringify(result));
  return result.failure;
}

interface Expected {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
  content: string[];
  imageUrl: string | null;
  videoUrl: string | null;
  category: string | null;
  tags: string[];
  published: { instant: string } | null;
  updated: string | null;
}

/** The record that belongs to what an extractor is expected to read. */
function recordOf(file: string, at: string, platform: string) {
  const fields = expected(file) as Expected;
  const local = (instant: string | undefined) => (instant ? saoPauloIso(new Date(instant)) : null);
  const content = fields.content.join('\n\n');
  return {
    title: fields.title,
    url: at,
    canonical_url: at,
    agency_key: 'orgao',
    published_at: local(fields.published?.instant),
    updated_datetime: local(fields.updated ?? undefined),
    category: fields.category,
    tags: fields.tags,
    editorial_lead: fields.editorialLead,
    subtitle: fields.subtitle,
    content,
    image_url: fields.imageUrl,
    video_url: fields.videoUrl,
    content_hash: contentHash(fields.title, content),
    platform,
  };
}

const articles: [file: string, at: string, platform: string][] = [
  ['classic-article.html', 'https://www.gov.br/mapa-exemplo/pt-br/noticias/safra', 'classic'],
  ['classic-article-plain.html', 'https://www.gov.br/mapa-exemplo/pt-br/noticias/plano', 'classic'],
  [
    'agencia-brasil-article.html',
    'https://agenciabrasil.ebc.com.br/geral/noticia/2026-01/chuva-forte',
    'agencia-brasil',
  ],
  ['tv-brasil-article.html', 'https://tvbrasil.ebc.com.br/reporter-brasil/2026/02/rios', 'tv-brasil'],
];
for (const [file, at, platform] of articles) {
  test(`${file} becomes a record under the names of the columns, its engine found`, () => {
    const result = record(pageOf(file, at), { agencyKey: 'orgao' });
    const fields = recordOf(file, at, platform);
    assert.deepEqual(result, fields);
    assert.deepEqual(Object.keys(result), Object.keys(fields));
  });
}

const search = pageOf('volto-search.json', 'https://www.gov.br/agencia-exemplo/++api++/pt-br/noticias/@search');
const recall = 'https://www.gov.br/agencia-exemplo/pt-br/noticias/recall';

test('an article is taken out of a search answer by its address, in any spelling', () => {
  const fields = recordOf('volto-article.json', recall, 'volto');
  assert.deepEqual(record(search, { url: recall, agencyKey: 'orgao' }), fields);
  assert.equal(record(search, { url: `${recall}/view?utm_source=x` }).canonical_url, recall);
});

test("an article's own JSON is read, under the address that readers see", () => {
  const [item] = (JSON.parse(search.body) as { items: object[] }).items;
  const api = 'https://www.gov.br/agencia-exemplo/++api++/pt-br/noticias/recall';
  const result = record({ url: api, contentType: 'application/json', body: JSON.stringify(item) });
  assert.deepEqual({ ...result, agency_key: 'orgao' }, recordOf('volto-article.json', recall, 'volto'));
});

test('an article that a search answer lacks, or has as a summary, is not made up', () => {
  assert.match(failure(search, { url }).reason, /a listing of \d entries, none at this address/);
  const summary = failure(search, { url: recall.replace('recall', 'sem-data') });
  assert.equal(summary.category, 'empty_content');
  assert.match(summary.reason, /fetch https:\/\/www\.gov\.br\/agencia-exemplo\/\+\+api\+\+\/pt-br\/noticias\/sem-data/);
});

function classicArticle({ date = '', category = '' } = {}) {
  return pageFrom(`<div id="content"><h1 class="documentFirstHeading">Chuva</h1>${category}
    <span class="documentPublished"><span class="value">${date}</span></span>
    <div id="content-core"><div id="parent-fieldname-text"><p>Choveu muito.</p></div></div></div>`);
}

test('dates carry the offset that was in force, and stay null where the page says nothing', () => {
  const dates: [string, string | null][] = [
    ['10/01/2015 10h00', '2015-01-10T10:00:00-02:00'],
    ['10/01/2020 10h00', '2020-01-10T10:00:00-03:00'],
    ['', null],
  ];
  for (const [date, iso] of dates) assert.equal(record(classicArticle({ date })).published_at, iso);
});

test('what the listing said fills in what the page leaves open', () => {
  const date = { instant: new Date('2026-03-01T03:00:00Z'), hasTime: false };
  const listedAs = { date, category: 'Clima', tags: ['chuva'] };
  const result = record(classicArticle(), { listed: listedAs });
  assert.deepEqual(
    [result.published_at, result.category, result.tags],
    ['2026-03-01T00:00:00-03:00', 'Clima', ['chuva']],
  );
  const dated = record(classicArticle({ date: '10/01/2020 10h00' }), { listed: listedAs });
  assert.equal(dated.published_at, '2020-01-10T10:00:00-03:00');
});

test('a category has at most the 500 characters of its column', () => {
  const result = record(classicArticle({ category: `<meta name="category" content="${'ã'.repeat(600)}">` }));
  assert.equal(result.category, 'ã'.repeat(500));
});

function voltoPage(blocks: string, head = '') {
  return pageFrom(`<html><head><meta name="generator" content="Plone 6 - https://plone.org">${head}</head>
    <body><div id="main"><main><div id="page-document" class="ui container">${blocks}</div></main></div>
    <script>window.__data={};</script></body></html>`);
}

const voltoFrame = `<h1 class="documentFirstHeading">Chuva no Sul</h1>
  <p class="documentDescription">Rios sobem.</p>
  <div class="block dateSocialShareBlock">Compartilhe: Publicado em 06/01/2026 15:54</div>`;

test('a Volto page whose server rendered the article is read from its blocks', () => {
  const newsArticle = `<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Chuva no Sul",
    "datePublished": "2026-01-06T18:54:27+00:00", "dateModified": "2026-01-07T12:00:00+00:00"}</script>`;
  const page = voltoPage(
    `${voltoFrame}<div class="block leadimage"><img src="/orgao/chuva.png/@@images/image"></div>
     <div class="block slate"><p>Choveu <strong>muito</strong>.</p></div>
     <div class="block html"><ul><li>Um</li><li>Dois</li></ul></div>
     <p>Um parágrafo sem bloco.</p>
     <div class="block gridBlock"><div class="block teaser"><a href="/x">Outra</a></div></div>
     <div class="block __button"><a href="/x">Acesse</a></div>
     <div class="block listing"><a href="/x">Outra notícia</a></div>`,
    newsArticle,
  );
  const result = record(page);
  assert.deepEqual(
    [result.platform, result.title, result.subtitle, result.content],
    ['volto', 'Chuva no Sul', 'Rios sobem.', 'Choveu **muito**.\n\n- Um\n- Dois\n\nUm parágrafo sem bloco.'],
  );
  assert.equal(result.published_at, '2026-01-06T15:54:27-03:00');
  assert.equal(result.updated_datetime, '2026-01-07T09:00:00-03:00');
  assert.equal(result.image_url, 'https://www.gov.br/orgao/chuva.png/@@images/image');
});

test('a Volto page without JSON-LD has the date of its share block', () => {
  const page = voltoPage(
    `${voltoFrame.replace('Compartilhe: ', '')}<div class="block slate"><p>${'Choveu muito. '.repeat(10)}</p></div>`,
  );
  assert.equal(record(page).published_at, '2026-01-06T15:54:00-03:00');
});

test('a Volto page that leaves its text to scripts says where the text is', () => {
  const shell = voltoPage(`${voltoFrame}<div class="block slate">Carregando</div><div class="block html"></div>`);
  for (const platform of [undefined, 'volto'] as const) {
    const { category, reason } = failure(shell, { platform });
    assert.equal(category, 'empty_content');
    assert.match(reason, /fetch https:\/\/www\.gov\.br\/orgao\/\+\+api\+\+\/pt-br\/noticias\/x instead/);
  }
  const listing = extractListing(shell);
  assert.ok('failure' in listing);
  assert.equal(listing.failure.category, 'empty_content');
  assert.match(listing.failure.reason, /fetch https:\/\/www\.gov\.br\/orgao\/\+\+api\+\+\/.*\/@search\?portal_type=/);
});

test('a page of no known engine is read by its looks', () => {
  const text = '<p>O rio subiu dois metros em um dia, disse a defesa civil, e as aulas foram suspensas na cidade.</p>';
  const page = pageFrom(
    `<html><head><title>Rio sobe</title></head><body><article><h1>Rio sobe</h1>${text.repeat(8)}</article></body></html>`,
    'https://noticias.exemplo.org/rio',
  );
  const result = record(page);
  assert.deepEqual([result.platform, result.title], ['generic', 'Rio sobe']);
  assert.match(result.content, /^O rio subiu dois metros/);
});

test('every readable article of the sample site is read, and no other page', () => {
  for (const source of SAMPLE_SOURCES.filter(({ layout }) => layout !== 'volto')) {
    for (const article of listed(source)) {
      const { status, contentType, body } = answer(new URL(article.url));
      if (status !== 200) continue;
      const result = extractPage({ url: article.url, contentType, body });
      if ('failure' in result) assert.ok(article.failure, `${article.url}: ${result.failure.reason}`);
      else assert.deepEqual([result.title, article.failure], [article.title, null], article.url);
    }
  }
});

test('a listing is no article, and an article no listing', () => {
  for (const source of SAMPLE_SOURCES.filter(({ layout }) => isClassic(layout))) {
    const { contentType, body } = answer(new URL(source.listingUrl));
    const { category, reason } = failure({ url: source.listingUrl, contentType, body });
    assert.equal(category, 'html_changed', source.layout);
    assert.match(reason, /it is a listing of \d+ articles/);
  }
  const page = pageOf('classic-article.html', url);
  const result = extractListing(page);
  assert.ok('failure' in result);
  assert.equal(result.failure.category, 'empty_content');
  assert.match(result.failure.reason, /no entry in \d+ characters; looked for article\.tileItem/);
});

test('an article about error pages is no error page', () => {
  const page = classicArticle();
  const body = `<body class="template-newsitem_view">${page.body.replace('Choveu', 'A class="page-not-found" Choveu')}`;
  assert.equal(record({ ...page, body }).title, 'Chuva');
});

test('what Postgres does not take is not in a record', () => {
  const blocks = { a: { '@type': 'slate', plaintext: 'Choveu \ud83d\0 muito.' } };
  const document = { '@type': 'News Item', title: 'Chuva \ud83d', blocks, blocks_layout: { items: ['a'] } };
  const result = record(pageFrom(JSON.stringify(document)));
  assert.ok(`${result.title}${result.content}`.isWellFormed() && !result.content.includes('\0'));
});

test('an address that is too long for a column is a broken one', () => {
  const { category, reason } = failure(classicArticle(), { url: `${govBr}/${'x'.repeat(2000)}` });
  assert.equal(category, 'url_broken');
  assert.match(reason, /over 2000 characters/);
});

test('an article that is full of links stays one', () => {
  const items = Array.from(
    { length: 30 },
    (_, index) => `<li><a href="https://www.gov.br/x/${index}">Doc ${index}</a></li>`,
  );
  const page = classicArticle();
  const body = page.body.replace('<p>Choveu muito.</p>', `<ul>${items.join('')}</ul>`);
  const related = [1, 2, 3].map(
    (index) => `<article class="tileItem"><a class="summary url" href="/orgao/pt-br/${index}">Outra</a></article>`,
  );
  assert.equal(record({ ...page, body: `${body}<aside>${related.join('')}</aside>` }).title, 'Chuva');
});

test('a listing becomes its entries', () => {
  const at = 'https://www.gov.br/mapa-exemplo/pt-br/noticias';
  assert.deepEqual(extractListing(pageOf('classic-listing-news.html', at)), [
    {
      title: 'Crédito novo chega ao campo',
      url: `${at}/credito-novo`,
      date: '2026-02-28T00:00:00-03:00',
      category: 'Crédito rural',
      tags: ['Crédito'],
    },
    { title: 'Açude volta a encher', url: `${at}/acude`, date: null, category: 'Irrigação', tags: [] },
  ]);
  const [first, second] = extractListing(search) as object[];
  assert.deepEqual(first, {
    title: 'Lote de chá é recolhido',
    url: recall,
    date: '2026-01-05T12:57:26-03:00',
    category: 'Vigilância Sanitária',
    tags: ['chá', 'recolhimento'],
  });
  assert.equal((second as { date: unknown }).date, null);
});

test('a listing without news says so', () => {
  const files = JSON.stringify({ items: [{ '@type': 'File', '@id': `${govBr}/a.pdf`, title: 'A' }], items_total: 1 });
  const listings: [string, string, RegExp][] = [
    [files, 'empty_content', /1 entries, none of them news/],
    ['{"items": [], "items_total": 0}', 'empty_content', /no entry in 31 characters/],
    [`<div id="content-core">${'<p>Texto de outra página.</p>'.repeat(300)}</div>`, 'html_changed', /looked for/],
    ['<html></html>', 'empty_content', /no entry in 13 characters/],
  ];
  for (const [body, category, reason] of listings) {
    const result = extractListing(pageFrom(body));
    assert.ok('failure' in result, body.slice(0, 80));
    assert.equal(result.failure.category, category, result.failure.reason);
    assert.match(result.failure.reason, reason);
  }
});

const headline = '<h1 class="documentFirstHeading">Chuva</h1>';
const noNews: [name: string, page: Page, category: string, reason: RegExp][] = [
  ['a challenge', pageOf('challenge-f5.html', url), 'anti_bot', /^the page answered with a challenge/],
  ['a rejected request', pageOf('challenge-rejected.html', url), 'anti_bot', /Request Rejected/],
  ['the address of a login', pageFrom('<p>Entre</p>', `${govBr}/require_login?came_from=x`), 'login_required', /login/],
  [
    'a login form in the place of the text',
    pageFrom(`<div id="content">${headline}<form><input name="__ac_name"><input name="__ac_password"></form></div>`),
    'login_required',
    /login form/,
  ],
  ...(
    [
      ['template-default_error_message portaltype-plone-site', ''],
      ['portaltype-plone-site template-error_message-pt', '<div id="content-core"><p>Pedimos desculpas.</p></div>'],
      ['is-anonymous page-not-found', '<div id="main"><div class="block slate">Pedimos desculpas.</div></div>'],
    ] as const
  ).map(([classes, text]): [string, Page, string, RegExp] => [
    `an error page that was saved (${classes})`,
    pageFrom(
      `<html><body id="" class="${classes}"><div id="content">${headline}<p>O endereço mudou.</p>${text}</div></body></html>`,
    ),
    'url_broken',
    /^the page leads to no page: the site shows its error page \(body\.[\w-]+\)$/,
  ]),
  [
    'a shell of Volto',
    pageFrom('<meta name="generator" content="Plone 6"><div id="main"><h1>Chuva</h1></div>'),
    'empty_content',
    /without its text, which scripts fill: fetch https:\/\/www\.gov\.br\/orgao\/\+\+api\+\+\/pt-br\/noticias\/x instead/,
  ],
  ['maintenance', pageFrom('<title>Em manutenção</title><p>Voltamos logo.</p>'), 'unknown', /Em manutenção/],
  ['an empty page', pageFrom(''), 'empty_content', /it is empty/],
  ['a page of white space', pageFrom(' \n\t '), 'empty_content', /it is empty/],
  ['a text without markup', pageFrom('Choveu muito.'), 'html_changed', /no markup in 13 characters/],
  [
    'a feed',
    pageFrom('<?xml version="1.0"?><rss><channel><title>A</title></channel></rss>'),
    'html_changed',
    /it is a feed/,
  ],
  ['a PDF', pageFrom('%PDF-1.7\n<a>x</a>'), 'unknown', /it is no text/],
  [
    'a page that is not public',
    pageFrom(`<body class='template-insufficient_privileges'>${headline}<p>Peça acesso.</p></body>`),
    'login_required',
    /not public \(body\.template-insufficient_privileges\)/,
  ],
  ['a picture', pageFrom('\ufffdPNG\r\n\u001a\n\0\0\0\rIHDR<a>\0\0\u0001\u0002'), 'unknown', /it is no text/],
  [
    'a classic page without headline',
    pageFrom('<div id="content-core"><p>x</p></div>'),
    'html_changed',
    /no title; looked for h1\.documentFirstHeading \(classic: #content-core\)/,
  ],
  [
    'a classic page without text',
    pageFrom(`<div id="content">${headline}</div>`),
    'empty_content',
    /no content; looked for #parent-fieldname-text/,
  ],
  [
    'a page of Agência Brasil without headline',
    pageFrom('<p>x</p>', 'https://agenciabrasil.ebc.com.br/x'),
    'html_changed',
    /looked for h1\.titulo-materia \(agencia-brasil: host/,
  ],
  ['a page with nothing to read', pageFrom('<html><body></body></html>'), 'html_changed', /no title/],
  ['JSON that is none', pageFrom('{"title": '), 'unknown', /no JSON/],
  ['JSON that is no object', pageFrom('[1, 2]'), 'unknown', /its JSON is no object/],
  ['an empty document', pageFrom('{}'), 'html_changed', /no title; looked for "title"/],
  ['a document without blocks', pageFrom('{"title": "Chuva", "blocks": {}}'), 'empty_content', /text in "blocks"/],
  [
    'an API that wants a login',
    pageFrom('{"type": "Unauthorized", "message": "Não"}'),
    'login_required',
    /Unauthorized: Não/,
  ],
  ['an API that finds nothing', pageFrom('{"type": "NotFound", "message": "x"}'), 'unknown', /NotFound: x/],
  ['a page that is nested too deep', pageFrom(`${headline}${'<div>'.repeat(1000)}x`), 'unknown', /deeper than 512/],
  ['a page that is too long', pageFrom(`${headline}${'x'.repeat(3_000_001)}`), 'unknown', /has 3000044 characters/],
];
for (const [name, page, category, reason] of noNews) {
  test(`${name} is not news: ${category}`, () => {
    const result = failure(page);
    assert.deepEqual(result, { category, reason: result.reason });
    assert.match(result.reason, reason);
  });
}

test('the engine that is asked for reads the page, whatever is detected', () => {
  const { reason } = failure(pageOf('classic-article.html', url), { platform: 'agencia-brasil' });
  assert.match(reason, /looked for h1\.titulo-materia \(agencia-brasil\)/);
  assert.match(failure(search, { platform: 'classic', url: recall }).reason, /looked for h1\.documentFirstHeading/);
});

test('a page that breaks off anywhere gives a record or a failure', () => {
  const pages = [...articles.map(([file, at]) => pageOf(file, at)), search];
  for (const page of pages) {
    for (let length = 0; length < page.body.length; length += 37) {
      const cut = { ...page, body: page.body.slice(0, length) };
      for (const result of [extractPage(cut), extractListing(cut)]) {
        if (!Array.isArray(result) && !('failure' in result)) assert.ok(result.title !== '' && result.platform);
      }
    }
  }
});

test('hostile texts cost no more than long ones', () => {
  const cpuSeconds = startCpuClock();
  for (const text of ['[', '](http', '](http://x)', '[a](http://x ', '<a href="http://x">']) {
    const body = classicArticle().body.replace('Choveu', `Choveu ${text.repeat(500_000 / text.length)}`);
    extractPage(pageFrom(body));
    extractPage(pageFrom(text.repeat(100_000)));
  }
  for (const text of ['[', '{"a":', '{"items":[']) extractPage(pageFrom(text.repeat(200_000)));
  assertCpuSeconds(cpuSeconds(), hostileInputSeconds, 'the texts');
});

const saved = new URL('../../../../../shared/pages/', import.meta.url);
const skip = existsSync(saved) ? false : 'the folder with saved pages is not beside this project';

test('saved pages of real sites become what they are', { skip }, () => {
  const read = (file: string, at: string) => pageFrom(readFileSync(new URL(file, saved), 'utf8'), at);
  const compras = 'https://www.gov.br/compras/pt-br/acesso-a-informacao/legislacao/portarias/portaria';
  const classic = record(read('classic-document.html', compras));
  assert.deepEqual(
    [classic.platform, classic.published_at, classic.updated_datetime],
    ['classic', '2023-08-31T12:32:00-03:00', '2023-08-31T12:35:00-03:00'],
  );
  const anvisa = 'https://www.gov.br/anvisa/pt-br/assuntos/noticias-anvisa/2026';
  const volto = record(read('volto-article-html-blocks.json', `${anvisa}/x`));
  assert.deepEqual([volto.platform, volto.published_at], ['volto', '2026-01-02T17:15:00-03:00']);
  assert.equal((extractListing(read('volto-listing.json', anvisa)) as object[]).length, 11);
  assert.match(failure(read('volto-listing.json', anvisa)).reason, /a listing of 12 entries/);
  assert.equal(failure(read('challenge-f5.html', compras)).category, 'anti_bot');
  assert.equal(failure(read('ebc-front-page.html', 'https://agenciagov.ebc.com.br/')).category, 'html_changed');
  const tiles = extractListing(read('classic-listing-tiles.html', 'https://paraiba.pb.gov.br/noticias')) as object[];
  assert.equal(tiles.length, 1);
});
