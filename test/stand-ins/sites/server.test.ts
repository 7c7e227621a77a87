import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type Dispatcher, fetch } from 'undici';
import { sitesDispatcher } from './dispatcher.ts';
import { type Sites, startSites } from './server.ts';

let sites: Sites;
let dispatcher: Dispatcher;

before(async () => {
  sites = await startSites({ seed: 5, articles: 60, now: new Date('2026-03-02T12:00:00-03:00') });
  dispatcher = sitesDispatcher(sites.port);
});

after(async () => {
  await dispatcher.close();
  await sites.close();
});

const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { dispatcher, headers });

test('a fetch of the real https address reaches the sample site', async () => {
  const article = sites.articles[0]!;
  const before = sites.requests.article;
  const response = await get(article.url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(await response.text(), /<h1 class="documentFirstHeading">/);
  assert.equal(sites.requests.article, before + 1);
});

test('each of the three hosts answers for itself only', async () => {
  const brasil = sites.articles.find(({ layout }) => layout === 'agencia-brasil')!;
  assert.equal((await get(brasil.url)).status, 200);
  assert.equal((await get(brasil.url.replace('agenciabrasil', 'tvbrasil'))).status, 404);
  for (const host of ['www.gov.br', 'agenciabrasil.ebc.com.br', 'tvbrasil.ebc.com.br']) {
    assert.match(await (await get(`https://${host}/robots.txt`)).text(), /^User-agent: \*/);
  }
});

test('the dispatcher refuses any other host', async () => {
  await assert.rejects(get('https://www.example.com/'), (error: Error) => {
    assert.match(String(error.cause), /does not serve www\.example\.com/);
    return true;
  });
  await assert.rejects(get(`http://127.0.0.1:${sites.port}/_stand-in/articles`));
});

test('a redirect to a login ends on the login page', async () => {
  const url = sites.brokenUrls[2]!;
  const response = await get(url);
  assert.equal(response.status, 200);
  assert.match(response.url, /require_login\?came_from=/);
});

test('@search of a classic portal answers 401, an address without a page 404, an offset that is none 400', async () => {
  const search = await get('https://www.gov.br/mec/++api++/pt-br/assuntos/noticias/@search?b_start=0');
  assert.equal(search.status, 401);
  assert.match(search.headers.get('content-type')!, /^application\/json/);
  await search.body?.cancel();
  assert.equal((await get('https://www.gov.br/mec/pt-br/nada')).status, 404);
  assert.equal((await get('https://www.gov.br/mec/pt-br/assuntos/noticias?b_start:int=-1')).status, 400);
});

test('an unchanged page answers 304 to its tag, a changed one 200', async () => {
  const article = sites.articles[4]!;
  const first = await get(article.url);
  const etag = first.headers.get('etag')!;
  await first.text();
  assert.equal((await get(article.url, { 'if-none-match': etag })).status, 304);
  sites.edit(4, { tags: ['outra'] });
  assert.equal((await get(article.url, { 'if-none-match': etag })).status, 200);
});

test('an edit shows on the page and in the listing, under the same address', async () => {
  const index = sites.articles.findIndex(({ layout }) => layout === 'tiles');
  const { url } = sites.articles[index]!;
  sites.edit(index, { title: 'Título corrigido', paragraphs: ['Um texto *novo*.'] });
  assert.equal(sites.articles[index]!.url, url);
  const page = await (await get(url)).text();
  assert.match(page, /<h1 class="documentFirstHeading">Título corrigido<\/h1>/);
  assert.match(page, /documentModified/);
  const listing = await (await get('https://www.gov.br/saude/pt-br/assuntos/noticias')).text();
  assert.match(listing, />Título corrigido</);
  sites.edit(index, { imageUrl: 'https://www.gov.br/saude/pt-br/nova.png' });
  assert.match(await (await get(url)).text(), /<img [^>]*src="https:\/\/www\.gov\.br\/saude\/pt-br\/nova\.png"/);
  assert.throws(() => sites.edit(999, { title: 'x' }), RangeError);
});

/** fetch cannot set the Host header, people with curl can. */
async function loopback(method: string, path: string, body?: string, host = `127.0.0.1:${sites.port}`) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const request = httpRequest({ host: '127.0.0.1', port: sites.port, method, path, headers: { host } }, (response) => {
    text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
  });
  request.on('error', reject).end(body);
  return promise;
}

test('people list and edit articles over HTTP on the loopback name', async () => {
  const list = await loopback('GET', '/_stand-in/articles?limit=2');
  assert.deepEqual(
    JSON.parse(list.body),
    sites.articles.slice(0, 2).map(({ url, title }, index) => ({ index, url, title })),
  );
  const answer = await loopback('PATCH', '/_stand-in/articles/1', '{"tags": ["nova"]}');
  assert.equal(answer.status, 200);
  assert.deepEqual(sites.articles[1]!.tags, ['nova']);
});

test('an edit that is wrong is answered 400 and changes nothing', async () => {
  const before = structuredClone(sites.articles[2]);
  for (const body of ['{', '[]', '{"title": ""}', '{"titel": "x"}', '{"paragraphs": []}', '{"url": "https://x"}']) {
    assert.equal((await loopback('PATCH', '/_stand-in/articles/2', body)).status, 400, body);
  }
  assert.equal((await loopback('GET', '/_stand-in/articles?limit=x')).status, 400);
  assert.equal((await loopback('PATCH', '/_stand-in/articles/999', '{}')).status, 404);
  assert.equal((await loopback('DELETE', '/_stand-in/articles/2')).status, 405);
  assert.deepEqual(sites.articles[2], before);
});

test('a host that is not served is answered 421, and controls are hidden from the public hosts', async () => {
  assert.equal((await loopback('GET', '/', undefined, 'www.example.com')).status, 421);
  assert.equal((await loopback('GET', '/_stand-in/articles', undefined, 'www.gov.br')).status, 404);
});

test('every answer takes as long as asked for', async () => {
  const slow = await startSites({ articles: 0, broken: 0, latencyMs: 80 });
  const slowDispatcher = sitesDispatcher(slow.port);
  const start = performance.now();
  const response = await fetch('https://www.gov.br/robots.txt', { dispatcher: slowDispatcher });
  await response.text();
  assert.ok(performance.now() - start >= 75);
  await slowDispatcher.close();
  await slow.close();
});

test('a port that is taken is an error', async () => {
  await assert.rejects(startSites({ port: sites.port, articles: 0 }), /EADDRINUSE/);
});
