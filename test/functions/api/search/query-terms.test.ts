import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countWords, readTerms } from '../../../../functions/api/search/query-terms.ts';

test('a text is what is wanted, and what is not', () => {
  const cases: [text: string, wanted: string, excluded: string[]][] = [
    ['', '', []],
    ['vacina', 'vacina', []],
    ['escolas -vacinação', 'escolas', ['vacinação']],
    ['-vacina', '', ['vacina']],
    ['-"dose de reforço" vacina --gripe', 'vacina', ['"dose de reforço"', 'gripe']],
    ['vacina -"dose de', 'vacina', ['"dose de']],
    ['(-gripe', '', ['gripe']],
    ['guarda-chuva "a -b" Censo - resultados -', 'guarda-chuva "a -b" Censo - resultados', []],
    ['-gripe -GRIPE', '', ['GRIPE']],
    ['vacina or censo -gripe', 'vacina or censo', ['gripe']],
    ['vacina OR -gripe or', 'vacina', ['gripe']],
    ['a a A b', 'a b', []],
    ['a b or a c or A b', 'A b or a c', []],
    ['"mil mil  mil" mil, mil', '"mil" mil, mil', []],
  ];
  for (const [text, wanted, excluded] of cases) assert.deepEqual(readTerms(text), { wanted, excluded }, text);
});

test('words are counted once, those of a phrase each', () => {
  const cases: [text: string, count: number][] = [
    ['', 0],
    ['!!! 🚀', 0],
    ['um dois Um -dois', 2],
    ['um or dois', 3],
    ['"um dois um dois"', 4],
    ['"um um um"', 1],
    ['um-dois um,dois', 4],
  ];
  for (const [text, count] of cases) assert.equal(countWords(text), count, text);
});

test('what is wanted has no exclusion left, and reads as itself', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', '-a', '-', '"', ' ', 'or', '-"a b"', '(', '|', 'ç'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, (parts) => {
      const { wanted } = readTerms(parts.join(''));
      assert.deepEqual(readTerms(wanted), { wanted, excluded: [] });
    }),
  );
});
