import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenUrlError } from '../../../../functions/scrape/errors.ts';
import { canonicalUrlOf } from '../../../../functions/scrape/read/read-article.ts';

test('an address that is none, or too long to be stored, is refused', () => {
  assert.throws(() => canonicalUrlOf({ url: `https://www.gov.br/mec/pt-br/${'a'.repeat(2_000)}` }), BrokenUrlError);
  assert.throws(() => canonicalUrlOf({ url: 'javascript:alert(1)' }), BrokenUrlError);
});
