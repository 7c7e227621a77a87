import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentHash } from '../../shared/identity.ts';

/** The recipe to the letter, on the whole text at once. */
function normalize(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{ASCII}]/gu, '')
    .toLowerCase()
    .replace(/[^\w\s]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function hashByRecipe(title: string, content: string): string | null {
  const text = `${normalize(title)}\n${normalize(content)}`;
  return text === '\n' ? null : createHash('sha256').update(text).digest('hex').slice(0, 16);
}

test('the content hash is that of the recipe, whatever the characters', () => {
  for (let start = 0; start < 0x3_0000; start += 256) {
    const characters = Array.from({ length: 256 }, (_, index) => `${String.fromCodePoint(start + index)} x`).join('');
    assert.equal(contentHash('título', characters), hashByRecipe('título', characters));
  }
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...' \t\n\u00a0ﬁ㌀﷼Çé̃aA9_-.') }),
  );
  fc.assert(
    fc.property(texts, texts, (title, content) => {
      assert.equal(contentHash(title, content), hashByRecipe(title, content));
    }),
    { numRuns: 500 },
  );
});
