import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/pages/${name}`, import.meta.url));

const article = fixture('classic-article.html');
const url = 'https://www.gov.br/mapa-exemplo/pt-br/noticias/safra';

function extract(args: string[], input: string | Uint8Array = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'extract', ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

test('extract --json prints one record under the names of the columns', () => {
  const { status, stdout, stderr } = extract([article, '--url', url, '--json']);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const record = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(
    Object.keys(record).join(' '),
    'title url canonical_url agency_key published_at updated_datetime category tags editorial_lead subtitle content image_url video_url content_hash platform',
  );
  assert.equal(record.published_at, '2026-01-06T15:54:27-03:00');
});

test('extract reads standard input, compressed or not', () => {
  const expected = extract([article, '--url', url, '--json']).stdout;
  const page = readFileSync(article);
  for (const input of [page, gzipSync(page)]) {
    assert.equal(extract(['-', '--url', url, '--json'], input).stdout, expected);
  }
});

test('extract prints for people: the fields, then the text', () => {
  const { status, stdout } = extract([article, '--url', url]);
  assert.equal(status, 0);
  assert.match(stdout, /^title {12}Safra de arroz cresce em três estados\n/);
  assert.match(
    stdout,
    /^tags {13}Arroz, Safra\n[\s\S]*^video_url {8}-\n[\s\S]*^platform {9}classic\n\n!\[Lavoura RS\]/m,
  );
});

test('extract --listing prints the entries', () => {
  const args = [fixture('classic-listing-news.html'), '--url', 'https://www.gov.br/mec/pt-br/noticias', '--listing'];
  const entries = JSON.parse(extract([...args, '--json']).stdout) as Record<string, unknown>[];
  assert.deepEqual(Object.keys(entries[0]!), ['title', 'url', 'date', 'category', 'tags']);
  const { status, stdout } = extract(args);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^2026-02-28T00:00:00-03:00 {2}Crédito novo chega ao campo\n {2}https:.*\n {2}Crédito rural, Crédito$/m,
  );
  assert.match(stdout, /^no date +Açude volta a encher$/m);
});

test('a page that is not news fails the run, and says why on either output', () => {
  const { status, stdout, stderr } = extract([fixture('challenge-f5.html'), '--url', url, '--json']);
  assert.equal(status, 1);
  const { failure } = JSON.parse(stdout) as { failure: { category: string; reason: string } };
  assert.equal(failure.category, 'anti_bot');
  assert.equal(stderr, `error: anti_bot: ${failure.reason}\n`);
  assert.deepEqual(extract([fixture('challenge-f5.html'), '--url', url]), { status, stdout: '', stderr });
});

test('an empty input is a page without content', () => {
  const { status, stdout } = extract(['-', '--url', url, '--json']);
  assert.equal(status, 1);
  assert.deepEqual(JSON.parse(stdout), {
    failure: { category: 'empty_content', reason: 'the page holds no news: it is empty' },
  });
});

const wrongCalls: [name: string, args: string[], status: number, pattern: RegExp][] = [
  ['no file', ['--url', url], 2, /missing required argument 'file'/],
  ['no address', [article], 2, /required option '--url <address>' not specified/],
  ['an address that is not https', [article, '--url', 'http://www.gov.br/x'], 2, /--url must be an https address, got/],
  ['an unknown engine', [article, '--url', url, '--platform', 'plone'], 2, /choices are classic, volto/],
  ['a file that does not exist', ['none.html', '--url', url], 1, /^error: none\.html cannot be read: ENOENT/],
];
for (const [name, args, expected, pattern] of wrongCalls) {
  test(`${name} ends with ${expected} and one line`, () => {
    const { status, stdout, stderr } = extract(args);
    assert.equal(status, expected, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.equal(stderr.replace('(add --help for help)\n', '').trim().split('\n').length, 1, stderr);
  });
}
