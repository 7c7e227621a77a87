import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalUrl, contentHash, legacyId, slug, uniqueId, uniqueIdCandidates } from '../../shared/identity.ts';

function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/cases/${name}.json`, import.meta.url), 'utf8'));
}

test('slugs follow the recorded vectors', () => {
  const cases = vectors<{ title: string; slug: string }>('slug');
  assert.ok(cases.length > 10);
  for (const { title, slug: expected } of cases) assert.equal(slug(title), expected, title);
});

test('a slug is cut at 100 characters only when it is longer, and inside a word that has no dash before it', () => {
  assert.equal(slug('a'.repeat(100)).length, 100);
  assert.equal(slug('a'.repeat(130)).length, 100);
  assert.equal(slug(`${'a'.repeat(60)} ${'b'.repeat(60)}`), 'a'.repeat(60));
});

test('legacy and unique ids follow the recorded vectors', () => {
  const cases = vectors<{ agency: string; date: string; title: string; legacy_id: string; unique_id: string }>(
    'unique-id',
  );
  assert.ok(cases.length > 30);
  for (const { agency, date, title, legacy_id, unique_id } of cases) {
    assert.equal(legacyId(agency, date, title), legacy_id);
    assert.equal(uniqueId(title, legacy_id), unique_id);
  }
});

test('published ids of real records are reproduced', (t) => {
  const file = new URL('../../../shared/cases/real-records.jsonl', import.meta.url);
  if (!existsSync(file)) return t.skip('the folder with real records is not beside this project');
  const records = readFileSync(file, 'utf8').trim().split('\n');
  for (const line of records) {
    const record = JSON.parse(line) as { unique_id: string; agency: string; date_used: string; title: string };
    assert.equal(legacyId(record.agency, record.date_used, record.title), record.unique_id);
  }
});

test('the suffix grows digit by digit on a collision and the id stays within 120 characters', () => {
  const id = legacyId('mec', '2025-06-01', 'Título');
  const candidates = uniqueIdCandidates('x'.repeat(300), id);
  assert.deepEqual(
    candidates.map((candidate) => candidate.split('_')[1]?.length),
    [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  );
  assert.ok(candidates.every((candidate) => candidate.length <= 120));
  assert.equal(candidates[0], uniqueId('x'.repeat(300), id));
});

test('one page has one canonical URL however it is linked', () => {
  const expected = 'https://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes';
  for (const url of [
    'https://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes',
    'http://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes/',
    'http://www.gov.br:80/mec/pt-br/noticias/abertas-as-inscricoes',
    'https://WWW.GOV.BR:443/mec/pt-br/noticias/abertas-as-inscricoes/view',
    'https://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes/view/#content',
    'https://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes?utm_source=x&UTM_medium=y&fbclid=z',
    ' https://www.gov.br/mec/pt-br/noticias/abertas-as-inscricoes?\n',
  ]) {
    assert.equal(canonicalUrl(url), expected, url);
  }
});

test('a canonical URL keeps what tells pages apart', () => {
  assert.equal(
    canonicalUrl('https://x.gov.br/noticia?id=7&utm_source=a&b=%20c'),
    'https://x.gov.br/noticia?id=7&b=%20c',
  );
  assert.equal(canonicalUrl('https://x.gov.br/n?b=1&a=2'), 'https://x.gov.br/n?b=1&a=2');
  assert.equal(canonicalUrl('https://x.gov.br/Noticias/Review'), 'https://x.gov.br/Noticias/Review');
  assert.equal(canonicalUrl('https://x.gov.br/interview'), 'https://x.gov.br/interview');
  assert.equal(canonicalUrl('https://x.gov.br:8443/n'), 'https://x.gov.br:8443/n');
  assert.equal(canonicalUrl('https://x.gov.br/'), 'https://x.gov.br');
});

test('what is no web address has no canonical URL', () => {
  for (const url of ['', '/mec/noticia', 'mailto:a@gov.br', 'javascript:alert(1)', 'https://', 'ftp://gov.br/x']) {
    assert.equal(canonicalUrl(url), null, url);
  }
});

test('canonical URLs are fixed points', () => {
  fc.assert(
    fc.property(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.constantFrom('', '/', '/view/'),
      (url, end) => {
        const once = canonicalUrl(url + end);
        assert.ok(once);
        assert.equal(canonicalUrl(once), once);
      },
    ),
  );
});

test('content hashes follow the recorded vectors', () => {
  const cases = vectors<{ title: string; content: string; content_hash: string | null }>('content-hash');
  assert.ok(cases.length > 5);
  for (const { title, content, content_hash } of cases) assert.equal(contentHash(title, content), content_hash, title);
});

test('missing texts hash as empty ones', () => {
  assert.equal(contentHash(null, null), null);
  assert.equal(contentHash('—', null), null);
  assert.equal(contentHash('so titulo', null), contentHash('so titulo', ''));
});
