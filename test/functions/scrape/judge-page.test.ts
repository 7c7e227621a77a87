import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHtml } from '../../../functions/scrape/html.ts';
import { refuseChallenge, refuseLogin } from '../../../functions/scrape/judge-page.ts';
import { hostileInputSeconds, startCpuClock } from '../../support/cpu-time.ts';
import { pageOf } from './pages.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/x';

test('challenge and block pages are refused', () => {
  for (const file of ['challenge-f5.html', 'challenge-cloudflare.html', 'challenge-rejected.html']) {
    assert.throws(() => refuseChallenge(pageOf(file, url)), { name: 'AntiBotError', category: 'anti_bot' }, file);
  }
});

test('a real article is judged by the page, not by a word or a script in it', () => {
  const page = pageOf('agencia-brasil-article.html', url);
  refuseChallenge(page);
  const text = '<p>O texto de uma notícia de verdade, com muitas frases sobre a chuva.</p>'.repeat(30);
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
  assert.ok(cpuSeconds() < hostileInputSeconds);
  parseHtml('<p>um'.repeat(5000), url);
  parseHtml(`${'<div>'.repeat(512)}x`, url);
});
