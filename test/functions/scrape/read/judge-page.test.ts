import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseHtml } from '../../../../functions/scrape/html.ts';
import type { FetchedPage, Page } from '../../../../functions/scrape/page.ts';
import { fetchNews, refuseChallenge, refuseLogin, refuseNoNews } from '../../../../functions/scrape/read/judge-page.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';
import { pageOf } from '../pages.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/x';
const fixtures = new URL('../../../fixtures/pages/', import.meta.url);

function html(body: string, from = url): Page {
  return { url: from, contentType: 'text/html; charset=utf-8', body };
}

const text = '<p>O texto de uma notícia de verdade, com muitas frases sobre a chuva que caiu na serra.</p>'.repeat(30);

test('challenge and block pages are refused', () => {
  for (const file of ['challenge-f5.html', 'challenge-cloudflare.html', 'challenge-rejected.html']) {
    assert.throws(() => refuseChallenge(pageOf(file, url)), { name: 'AntiBotError', category: 'anti_bot' }, file);
  }
});

test('a real article is judged by the page, not by a word or a script in it', () => {
  const page = pageOf('agencia-brasil-article.html', url);
  refuseChallenge(page);
  const script = '<script src="/TSPD/08282a?type=9"></script>';
  refuseChallenge({ ...page, body: `<title>Chuva</title>${script}${text}` });
  refuseChallenge({ ...page, body: `<title>Just a moment: o projeto que virou livro</title>${text}` });
});

test('the login page of a renamed section is refused by its address', () => {
  const page = pageOf('classic-article.html', url);
  for (const login of [
    'https://www.gov.br/mec/acl_users/credentials_cookie_auth/require_login?came_from=x',
    'https://www.gov.br/mec/login?came_from=https%3A//www.gov.br/mec',
  ]) {
    assert.throws(() => refuseLogin({ ...page, url: login }), { name: 'NotNewsError', category: 'login_required' });
  }
  refuseLogin(page);
});

test('markup beyond the limits is refused before it costs anything', () => {
  const cpuSeconds = startCpuClock();
  for (const html of [
    '<div>'.repeat(400_000),
    `${'<b>'.repeat(300_000)}${'</i>'.repeat(300_000)}`,
    'x'.repeat(3_000_001),
  ]) {
    assert.throws(() => parseHtml(html, url), { name: 'PageLimitError' });
  }
  assertCpuSeconds(cpuSeconds(), hostileInputSeconds, 'the pages');
  parseHtml('<p>um'.repeat(5000), url);
  parseHtml(`${'<div>'.repeat(512)}x`, url);
});

test('challenges of all makes are told by their whole title, their text, or a script that stands alone', () => {
  for (const body of [
    '<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>',
    '<title>Access denied | www.gov.br used Cloudflare to restrict access</title><h1>Error 1020</h1>',
    '<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don\'t have permission to access "http://www.gov.br/" on this server.</BODY></HTML>',
    '<title>Um momento…</title><noscript>Ative o JavaScript</noscript>',
    'The requested URL was rejected. Please consult with your administrator. Your support ID is: 1',
    '<html><head></head><body><iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 5</iframe></body></html>',
    '<html><body><script src="https://x.token.awswaf.com/y/challenge.js"></script></body></html>',
    '<html><body><p>Carregando</p><script>window["bobcmn"] = "1";</script></body></html>',
  ]) {
    assert.throws(() => refuseNoNews(html(body)), { name: 'AntiBotError', category: 'anti_bot' }, body);
  }
  // A JSON answer is no page, whatever its text is about.
  const json = JSON.stringify({ items: [{ title: '<title>Just a moment...</title>' }] });
  refuseNoNews({ url, contentType: 'application/json', body: json });
});

test('a short article with such a headline is an article', () => {
  const published = '<span class="documentPublished">publicado <span class="value">02/03/2026 10h00</span></span>';
  for (const title of [
    'Just a moment',
    'Access Denied',
    'Access Denied — Ministério da Educação',
    'Em manutenção',
    'Sistema indisponível | Receita',
  ]) {
    const body = `<title>${title}</title><h1 class="documentFirstHeading">${title}</h1>${published}<p>Curta.</p>`;
    refuseNoNews(html(`${body}<script src="/TSPD/08282a?type=9"></script>`));
    refuseNoNews(html(`<title>${title}</title>${text}`));
  }
  for (const title of ['Just a moment: o projeto que virou livro', 'Barragem em manutenção volta a operar']) {
    refuseNoNews(html(`<title>${title}</title><p>Curta, sem data.</p>`));
  }
});

test('a login form in the place of the article is a login, one beside it is not', () => {
  const form = '<form action="login"><input name="__ac_name"><input type="password" name="__ac_password"></form>';
  const login = { name: 'NotNewsError', category: 'login_required' };
  assert.throws(() => refuseNoNews(html(`<div id="content"><h1>Acesse</h1>${form}</div>`)), login);
  assert.throws(() => refuseNoNews(html(`<div>${form}</div>`)), login);
  assert.throws(() => refuseNoNews(html('x', 'https://www.gov.br/mec/login_form')), login);
  refuseNoNews(html(`<div id="portlet">${form}</div><div id="content"><p>Curta.</p></div>`));
  refuseNoNews(html(`<div id="content">${form}${text}</div>`));
  refuseNoNews(html('<p>Curta.</p>', 'https://www.gov.br/mec/noticias/login'));
});

test('a Volto page without its text is an empty shell', () => {
  const head = '<meta name="generator" content="Plone 6 - https://plone.org">';
  const around = (content: string) =>
    html(
      `<html><head>${head}</head><body><div id="main"><header><a href="/">Portal do governo do Brasil</a></header>` +
        `<nav><a href="/a">${'Assunto '.repeat(200)}</a></nav>${content}<footer>${'Rodapé '.repeat(100)}</footer></div>` +
        `<script>window.__data={"x":"${'y'.repeat(5000)}"}</script></body></html>`,
    );
  const empty = { name: 'NotNewsError', category: 'empty_content' };
  for (const content of [
    '',
    '<main></main>',
    '<main><div id="page-document"><h1>Notícias</h1><p>Carregando...</p></div></main>',
    '<div role="main">Carregando</div>',
  ]) {
    assert.throws(() => refuseNoNews(around(content)), empty, content);
  }
  assert.throws(() => refuseNoNews(html(`<head>${head}</head><body><div id="main"></div></body>`)), empty);
  refuseNoNews(around(`<main><div id="page-document"><h1>Título</h1>${text}</div></main>`));
  refuseNoNews(around('<main><div id="page-document"><h1>Notícias</h1><a href="/x">Uma notícia</a></div></main>'));
  const page = (player: string) => around(`<main><div id="page-document"><h1>Título</h1>${player}</div></main>`);
  for (const player of [
    '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>',
    '<video><source src="/a.mp4"></video>',
    '<audio src="/a.mp3"></audio>',
  ]) {
    refuseNoNews(page(player));
  }
  assert.throws(() => refuseNoNews(page('<iframe src="https://www.googletagmanager.com/ns.html"></iframe>')), empty);
});

test('maintenance is told by the address that a site redirects to, or by the title of a page that says little', () => {
  const failure = { name: 'UnexpectedAnswerError', category: 'unknown' };
  for (const path of [
    'manutencao',
    'manutencao/',
    'em-manutencao.html',
    'pt-br/site-em-manutencao?x=1',
    'maintenance/index.html',
  ]) {
    const page = html(text, `https://www.gov.br/${path}`);
    assert.throws(() => refuseNoNews({ ...page, requestedUrl: url }), failure, path);
    refuseNoNews({ ...page, requestedUrl: page.url });
    refuseNoNews(page);
  }
  refuseNoNews({ ...html(text, `${url}/sistema-em-manutencao-no-sabado`), requestedUrl: url });
  for (const title of [
    'Em manutenção',
    'EM MANUTEN&Ccedil;&Atilde;O',
    'Site em manutenção - Ministério da Educação',
    'Portal temporariamente indisponível',
    'Este site está em manutenção.',
    'Serviço temporariamente fora do ar',
    'Site under maintenance',
  ]) {
    assert.throws(
      () => refuseNoNews(html(`<html><head><title>${title}</title></head><body>Voltamos já.</body></html>`)),
      failure,
      title,
    );
  }
});

test('no page of the fixtures but the challenges is refused', () => {
  const files = globSync('*.{html,json}', { cwd: fixtures }).filter((file) => !/challenge|expected/.test(file));
  assert.ok(files.length > 10);
  for (const file of files) refuseNoNews(pageOf(file, url));
});

test('a page is judged when it is fetched', async () => {
  const answer: FetchedPage = {
    ...html(text, 'https://www.gov.br/manutencao'),
    requestedUrl: url,
    status: 200,
    headers: {},
    bytes: Buffer.from(text),
    fetchedAt: new Date(),
  };
  await assert.rejects(
    fetchNews(async () => answer, url, 'text/html'),
    { name: 'UnexpectedAnswerError', url },
  );
  assert.equal(await fetchNews(async () => ({ ...answer, url }), url, 'text/html').then(({ body }) => body), text);
});

const saved = new URL('../../../../../shared/pages/', import.meta.url);
const skip = existsSync(saved) ? false : 'the folder with saved pages is not beside this project';
test('saved pages of the real sites are told apart', { skip }, () => {
  for (const file of globSync('*.html', { cwd: saved })) {
    const judge = () => refuseNoNews(html(readFileSync(new URL(file, saved), 'utf8')));
    if (file.startsWith('challenge')) assert.throws(judge, { name: 'AntiBotError' }, file);
    else judge();
  }
});
