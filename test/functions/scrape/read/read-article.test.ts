import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenUrlError } from '../../../../functions/scrape/errors.ts';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import { canonicalUrlOf, readArticle } from '../../../../functions/scrape/read/read-article.ts';

const section = 'https://www.gov.br/mec/pt-br/noticias';

test('an address that is none, or too long to be stored, is refused', () => {
  assert.throws(() => canonicalUrlOf({ url: `https://www.gov.br/mec/pt-br/${'a'.repeat(2_000)}` }), BrokenUrlError);
  assert.throws(() => canonicalUrlOf({ url: 'javascript:alert(1)' }), BrokenUrlError);
});

/** The article at an address whose requests end at another. */
function read(requestedUrl: string, url: string) {
  const body = `<div id="content"><h1 class="documentFirstHeading">Obras</h1><div id="content-core"><p>Texto.</p></div></div>`;
  const page = {
    ...{ requestedUrl, url, body, bytes: Buffer.from(body), contentType: 'text/html', status: 200, headers: {} },
    fetchedAt: new Date('2026-03-10T12:00:00Z'),
  };
  const listed = { url: requestedUrl, date: null, category: null, tags: [] };
  return readArticle(page, listed, { extractor: classic, agencyKey: 'mec', extractedAt: page.fetchedAt });
}

test('an address that leads to a page above it is no article', () => {
  const above = [
    section,
    `${section}/`,
    `${section}?b_start:int=0`,
    `${section}/2026`,
    'https://www.gov.br/mec/pt-br',
    'https://www.gov.br/',
    'https://www.gov.br',
  ];
  for (const url of above) {
    assert.throws(
      () => read(`${section}/2026/obras`, url),
      { name: 'BrokenUrlError', message: /the section above/ },
      url,
    );
  }
});

test('an address that leads beside it, below it, or to another spelling of itself is one', () => {
  const others: [requested: string, final: string][] = [
    [`${section}/obras`, `${section}/obras-2026`],
    [`${section}/obras`, `${section}/2026/obras`],
    [`${section}/obras`, `${section}/obras/`],
    [`${section}/obras/`, `${section}/obras`],
    [`${section}/obras/view`, `${section}/obras`],
    [`${section}/2026/obras`, 'https://www.gov.br/mec/pt-br/assuntos/obras'],
    [`${section}/obras`, 'https://www.gov.br/mec/pt-br/notici'],
  ];
  for (const [requested, final] of others) assert.equal(read(requested, final).title, 'Obras', final);
});
