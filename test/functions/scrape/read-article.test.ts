import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenUrlError } from '../../../functions/scrape/errors.ts';
import { classic } from '../../../functions/scrape/extractors/classic.ts';
import { readArticle } from '../../../functions/scrape/read-article.ts';

test('an article whose address is too long to be stored is refused before it is fetched', async () => {
  const url = `https://www.gov.br/mec/pt-br/${'a'.repeat(2_000)}`;
  const fetchPage = () => assert.fail('was fetched');
  const item = { url, title: 'Título', date: null, category: null, tags: [] };
  await assert.rejects(
    readArticle(item, { agencyKey: 'mec', extractor: classic, fetchPage, now: () => new Date() }),
    BrokenUrlError,
  );
});
