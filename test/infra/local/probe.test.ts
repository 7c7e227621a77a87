import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { probeListing } from '../../../infra/local/probe.ts';
import { formatProbe } from '../../../infra/local/probe-report.ts';
import type { Platform } from '../../../shared/platform.ts';
import { loopbackFetcher } from '../../functions/scrape/fetch/loopback.ts';

const url = 'https://www.gov.br/orgao/pt-br/noticias';

type Answers = Record<string, [body: string, contentType?: string, status?: number]>;

function entry(name: string, date = '', extra = ''): string {
  return `<article class="tileItem"><a class="summary url" href="${url}/${name}">Título ${name}</a>
    <span class="documentByLine">${date}</span>${extra}</article>`;
}

function article(name: string): string {
  return `<div id="content"><h1 class="documentFirstHeading">Título ${name}</h1>
    <div id="content-core"><p>${'Choveu 1.000 mm. '.repeat(60)}</p></div></div>`;
}

async function probe(t: TestContext, answers: Answers, platform?: Platform) {
  const asked: string[] = [];
  const pages = await loopbackFetcher(t, (request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    asked.push(path);
    const [body, contentType = 'text/html', status = 200] = answers[path] ?? ['', 'text/html', 404];
    response.writeHead(status, { 'content-type': contentType }).end(body);
  });
  const said: string[] = [];
  const now = () => new Date('2026-03-01T12:00:00Z');
  const report = (text: string) => said.push(text);
  const result = await probeListing(url, pages, { agencyKey: 'orgao', platform, report, now });
  return { result, asked, said };
}

const path = '/orgao/pt-br/noticias';

test('a listing is described, its first three articles as they would be stored', async (t) => {
  const listing = [
    entry('um', '05/01/2026 10h30', '<span class="subtitle">Clima</span>'),
    entry('dois', '03/01/2026', '<span class="keywords"><a class="link-category" href="#">Rio</a></span>'),
    entry('tres'),
    entry('quatro', '07/01/2026 08h00'),
    '<article class="tileItem tile-file"><a class="summary url" href="/a.pdf">Arquivo</a></article>',
  ].join('');
  const pages: Answers = { [path]: [listing] };
  for (const name of ['um', 'dois', 'tres', 'quatro']) pages[`${path}/${name}`] = [article(name)];
  const { result, asked, said } = await probe(t, pages);

  assert.deepEqual([result.platform, result.failure], ['classic', null]);
  assert.deepEqual(result.listing, {
    entry_count: 5,
    item_count: 4,
    first_date: '2026-01-03',
    last_date: '2026-01-07',
    with_date_count: 3,
    with_time_count: 2,
    with_category_count: 1,
    with_tags_count: 1,
    next_url: `${url}?b_start:int=5`,
  });
  const [attempt] = result.attempts;
  assert.deepEqual(
    [attempt?.platform, attempt?.status, attempt?.final_url, attempt?.looks_like, attempt?.item_count],
    ['classic', 200, `${url}?b_start:int=0`, 'classic', 4],
  );
  assert.deepEqual(attempt?.signs, ['article.tileItem', '.documentByLine']);
  assert.deepEqual(asked, [path, `${path}/um`, `${path}/dois`, `${path}/tres`]);
  assert.equal(said.length, 4);

  const [first, , third] = result.articles;
  assert.equal(result.articles.length, 3);
  assert.deepEqual(
    [first?.record?.title, first?.record?.agency_key, first?.record?.published_at, first?.record?.category],
    ['Título um', 'orgao', '2026-01-05T10:30:00-03:00', 'Clima'],
  );
  assert.deepEqual([first?.record?.content.length, first?.content_length], [400, 60 * 17 - 1]);
  assert.deepEqual(
    result.articles.map((each) => each.published_at_source),
    ['listing', 'listing', 'first-seen'],
  );
  assert.equal(third?.record?.published_at, null);
});

test('an article that is none is a failure among the others, with its status', async (t) => {
  const { result } = await probe(t, {
    [path]: [entry('um') + entry('dois') + entry('tres')],
    [`${path}/um`]: [article('um')],
    [`${path}/dois`]: ['<h1 class="documentFirstHeading">Sem texto</h1>'],
  });
  assert.deepEqual(
    result.articles.map(({ status, failure }) => [status, failure?.category]),
    [
      [200, undefined],
      [200, 'empty_content'],
      [404, 'url_broken'],
    ],
  );
  assert.equal(result.failure, null);
});

const voltoShell = `<html><head><meta name="generator" content="Plone 6 - https://plone.org"></head>
  <body><div id="main">Carregando</div></body></html>`;

test('a portal that moved to Volto shows what was tried, and how its pages look', async (t) => {
  const blocks = { a: { '@type': 'slate', plaintext: 'Choveu.' } };
  const document = { '@type': 'News Item', '@id': `${url}/um`, title: 'Um', blocks, blocks_layout: { items: ['a'] } };
  const search = JSON.stringify({ items: [{ ...document, effective: '2026-01-05T13:00:00Z' }], items_total: 1 });
  const { result, asked } = await probe(t, {
    [path]: [voltoShell],
    '/orgao/++api++/pt-br/noticias/@search': [search, 'application/json'],
  });
  assert.equal(result.platform, 'volto');
  const [classic, volto] = result.attempts;
  assert.deepEqual(
    [classic?.status, classic?.failure?.category, classic?.looks_like, classic?.signs],
    [200, 'empty_content', 'volto', ['generator "Plone 6 - https://plone.org"']],
  );
  assert.deepEqual([volto?.status, volto?.failure, volto?.item_count], [200, null, 1]);
  assert.equal(result.listing?.next_url, null);
  // The search answer carries the article: it is not asked for again.
  assert.equal(asked.length, 2);
  assert.deepEqual([result.articles[0]?.record?.content, result.articles[0]?.status], ['Choveu.', 200]);
});

test('a listing that cannot be read fails as the engine that was expected', async (t) => {
  const menu = `<div id="content-core">${'<p>Uma página.</p>'.repeat(400)}</div>`;
  const { result } = await probe(t, { [path]: [menu] });
  assert.deepEqual([result.platform, result.listing, result.articles], [null, null, []]);
  assert.equal(result.failure?.category, 'html_changed');
  assert.deepEqual(
    result.attempts.map(({ platform, status, failure }) => [platform, status, failure?.category]),
    [
      ['classic', 200, 'html_changed'],
      ['volto', 404, 'url_broken'],
    ],
  );
});

test('what a site writes cannot steer the terminal', async (t) => {
  const { result } = await probe(t, {
    [path]: [entry('um\u009b2J')],
    [`${path}/um%C2%9B2J`]: [article('\u009b31mum')],
  });
  const source = { source: 'live', read_from: 'a test', agency_key: 'orgao', is_agency_known: true } as const;
  const text = formatProbe({ url, ...source, ...result, notes: [], add: 'destaques sources add' });
  assert.match(text, /^title {12}Título/m);
  assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
  assert.match(text, /\ndestaques sources add$/);
});
