import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openListing } from '../../../functions/scrape/detect.ts';
import { BrokenUrlError, NetworkError } from '../../../functions/scrape/errors.ts';
import type { FetchPage } from '../../../functions/scrape/page.ts';
import type { Platform } from '../../../shared/platform.ts';
import { fetchedPage, newsFetcher, pageOf } from './pages.ts';

const sourceUrl = 'https://www.gov.br/mec/pt-br/noticias';

interface Site {
  /** Fixture file, literal markup, or the error that the site answers with. */
  html: string | Error;
  api: string | Error;
}

function site({ html, api }: Site): { fetchPage: FetchPage; asked: string[] } {
  const asked: string[] = [];
  const fetchPage: FetchPage = async (url, accept) => {
    asked.push(accept === 'application/json' ? 'api' : 'html');
    const answer = asked.at(-1) === 'api' ? api : html;
    if (answer instanceof Error) throw answer;
    if (/^[\w-]+\.(?:html|json)$/.test(answer)) return pageOf(answer, url);
    return fetchedPage(url, answer);
  };
  return { fetchPage, asked };
}

async function detect(answers: Site, hint?: Platform) {
  const { fetchPage, asked } = site(answers);
  const { extractor, listing } = await openListing({ sourceUrl, hint }, newsFetcher(fetchPage));
  return { platform: extractor.platform, entryCount: listing.entryCount, asked };
}

const gone = new BrokenUrlError(sourceUrl, 'status 401', 401);
const shell = `<title>Notícias</title>${'<div class="block listing">Carregando</div>'.repeat(200)}`;

test('each engine is recognised by what it answers', async () => {
  assert.deepEqual(await detect({ html: 'classic-listing-news.html', api: gone }), {
    platform: 'classic',
    entryCount: 3,
    asked: ['html'],
  });
  assert.deepEqual(await detect({ html: shell, api: 'volto-search.json' }), {
    platform: 'volto',
    entryCount: 3,
    asked: ['html', 'api'],
  });
});

test('a hint only says what to try first', async () => {
  assert.deepEqual((await detect({ html: shell, api: 'volto-search.json' }, 'volto')).asked, ['api']);
  const back = { platform: 'classic', entryCount: 3, asked: ['api', 'html'] };
  assert.deepEqual(await detect({ html: 'classic-listing-news.html', api: gone }, 'volto'), back);
  assert.deepEqual(await detect({ html: 'classic-listing-news.html', api: '<h1>Manutenção</h1>' }, 'volto'), back);
});

test('the hosts of EBC have one engine each', async () => {
  const open = (url: string, file: string) =>
    openListing(
      { sourceUrl: url, hint: 'classic' },
      newsFetcher(async (page) => pageOf(file, page)),
    );
  const agencia = await open('https://agenciabrasil.ebc.com.br/ultimas', 'agencia-brasil-listing.html');
  assert.equal(agencia.extractor.platform, 'agencia-brasil');
  const tv = await open('https://tvbrasil.ebc.com.br/ultimas', 'tv-brasil-listing.html');
  assert.equal(tv.extractor.platform, 'tv-brasil');
});

test('a listing without entries fails by its kind, never as an empty success', async () => {
  const fails = (answers: Site, expected: object, hint?: Platform) => assert.rejects(detect(answers, hint), expected);
  await fails({ html: shell, api: gone }, { name: 'NotNewsError', category: 'html_changed' });
  await fails({ html: '<p>Nada</p>', api: gone }, { name: 'NotNewsError', category: 'empty_content' });
  await fails({ html: shell, api: '{"items": [], "items_total": 0}' }, { category: 'html_changed' });
  await fails({ html: shell, api: '{"items": []}' }, { category: 'empty_content' }, 'volto');
  await fails({ html: 'challenge-f5.html', api: 'volto-search.json' }, { category: 'anti_bot' });
  await fails({ html: new NetworkError(sourceUrl, 'x'), api: 'volto-search.json' }, { category: 'network_error' });
  await fails({ html: gone, api: 'volto-search.json' }, { category: 'url_broken' });
});

test('an engine that did not answer is not ruled out', async () => {
  const silent = new NetworkError(sourceUrl, 'timeout');
  await assert.rejects(detect({ html: shell, api: silent }), { name: 'NetworkError' });
  await assert.rejects(detect({ html: shell, api: 'challenge-f5.html' }), { category: 'anti_bot' });
});

test('a site of an engine unknown to us is read by the fallback, a portal of gov.br never', async () => {
  const listing = `<title>Notícias</title><main>${Array.from(
    { length: 8 },
    (
      _,
      index,
    ) => `<article><h2><a href="/noticias/2026/materia-numero-${index}">Título longo da matéria de número ${index}</a></h2>
      <time datetime="2026-03-0${index + 1}T10:00:00-03:00">0${index + 1}/03/2026</time><p>Resumo da matéria.</p></article>`,
  ).join('')}</main><footer>${'<p>Rodapé do portal.</p>'.repeat(300)}</footer>`;
  const open = (url: string) =>
    openListing(
      { sourceUrl: url, hint: undefined },
      newsFetcher(async (asked, accept) => {
        if (accept === 'application/json') throw gone;
        return fetchedPage(asked, listing);
      }),
    );
  const { extractor, listing: read } = await open('https://www.exemplo.gov.br/noticias');
  assert.deepEqual([extractor.platform, read.items.length], ['generic', 8]);
  await assert.rejects(open(sourceUrl), { name: 'NotNewsError', category: 'html_changed' });
});
