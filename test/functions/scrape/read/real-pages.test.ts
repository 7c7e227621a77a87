import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import { volto } from '../../../../functions/scrape/extractors/volto.ts';
import type { Page } from '../../../../functions/scrape/page.ts';
import { refuseChallenge } from '../../../../functions/scrape/read/judge-page.ts';

const folder = new URL('../../../../../shared/pages/', import.meta.url);
const skip = existsSync(folder) ? false : 'the folder with saved pages is not beside this project';

function saved(file: string, url: string): Page {
  const body = readFileSync(new URL(file, folder), 'utf8');
  return { url, contentType: '', body };
}

test('a saved page of a classic portal is read', { skip }, () => {
  const url = 'https://www.gov.br/compras/pt-br/acesso-a-informacao/legislacao/portarias/portaria';
  const article = classic.parseArticle(saved('classic-document.html', url), url);
  assert.match(article.title, /^PORTARIA SEGES\/MGI Nº 4\.932/);
  assert.match(article.subtitle ?? '', /^Altera o preâmbulo/);
  assert.deepEqual(article.published, { instant: new Date('2023-08-31T15:32:00Z'), source: 'page' });
  assert.deepEqual(article.updated, new Date('2023-08-31T15:35:00Z'));
  assert.equal(article.category, 'Legislação');
  assert.match(article.content, /^O \*\*SECRETÁRIO/);
  assert.match(article.content, /\[DOU\]\(https:\/\/pesquisa\.in\.gov\.br\//);
  assert.doesNotMatch(article.content, /Compartilhe|Publicado em|licença/);
});

test('a saved tile of a classic listing is read', { skip }, () => {
  const { items } = classic.parseListing(saved('classic-listing-tiles.html', 'https://paraiba.pb.gov.br/noticias'));
  assert.equal(items.length, 1);
  assert.deepEqual(items[0]?.date, { instant: new Date('2025-02-24T13:00:00Z'), hasTime: true });
  assert.equal(items[0]?.tags.length, 4);
  assert.ok(items[0]?.tags.every((tag) => tag === tag.trim() && tag !== ''));
});

test('a saved Volto listing and article are read', { skip }, () => {
  const root = 'https://www.gov.br/anvisa/pt-br/assuntos/noticias-anvisa/2026';
  const { items, entryCount } = volto.parseListing(saved('volto-listing.json', root));
  assert.deepEqual([items.length, entryCount], [11, 12]);
  const article = volto.parseArticle(saved('volto-article-html-blocks.json', root), items[0]!.url);
  const [first = '', second = ''] = article.content.split('\n\n');
  assert.match(first, /^A Anvisa informa/);
  assert.match(second, /^A Lista Consolidada/);
  assert.equal(article.editorialLead, 'DCB');
  assert.equal(article.tags.length, 3);
  assert.equal(article.category, 'Saúde e Vigilância Sanitária');
  assert.match(second, /Anvisa: \[http:\/\/biblioteca/, 'a no-break space is a space');
  assert.doesNotMatch(article.content, /<|&nbsp;|\u00a0|\u202f| \)|\*\*\*\*/);
});

test('a saved front page is the listing of no engine', { skip }, () => {
  const front = saved('ebc-front-page.html', 'https://agenciagov.ebc.com.br/');
  assert.ok(front.body.length > 5000);
  for (const extractor of [classic, agenciaBrasil]) {
    assert.equal(extractor.parseListing(front).entryCount, 0, extractor.platform);
  }
});

test('a saved challenge is refused', { skip }, () => {
  assert.throws(() => refuseChallenge(saved('challenge-f5.html', 'https://www.gov.br/x')), { category: 'anti_bot' });
});
