import type { Field } from './typesense-collection.ts';
import type { Test } from './typesense-filter.ts';
import { RefusedError } from './typesense-refused.ts';
import { wordsOf } from './typesense-text.ts';

type Read = (document: Parameters<Test>[0]) => unknown[];

/** `:=` is all words of a value in their order, `:` each of them anywhere; a `*` at the end asks for a beginning. */
export function testText(read: Read, operator: string, values: readonly string[]): Test {
  const isWhole = operator.endsWith('=');
  const wanted = values.map((value) => ({ words: wordsOf(value), isPrefix: value.endsWith('*') }));
  const has = (stored: readonly string[], { words, isPrefix }: (typeof wanted)[number]) => {
    if (words.length === 0 || (isWhole && !isPrefix && stored.length !== words.length)) return false;
    const matches = (word: string, position: number, candidate: string | undefined) =>
      isPrefix && position === words.length - 1 ? candidate?.startsWith(word) === true : candidate === word;
    return words.every((word, position) =>
      isWhole
        ? matches(word, position, stored[position])
        : stored.some((candidate) => matches(word, position, candidate)),
    );
  };
  const test: Test = (document) => read(document).some((stored) => wanted.some((value) => has(wordsOf(stored), value)));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}

export function testBoolean(name: string, read: Read, operator: string, values: readonly string[]): Test {
  if (values.some((value) => value !== 'true' && value !== 'false')) {
    throw new RefusedError(400, `Value of filter field \`${name}\` must be \`true\` or \`false\`.`);
  }
  const test: Test = (document) => read(document).some((stored) => values.includes(String(stored)));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}

/** A list may hold comparisons and ranges. */
export function testNumber({ name, type }: Field, read: Read, operator: string, values: readonly string[]): Test {
  const kind = type.replace('[]', '');
  const toNumber = (text: string) => {
    const isNumber = kind === 'float' ? /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) : /^[+-]?\d+$/.test(text);
    if (isNumber) return Number(text);
    throw new RefusedError(400, `Error with filter field \`${name}\`: Not ${kind === 'float' ? 'a' : 'an'} ${kind}.`);
  };
  const tests = values.map((value): ((stored: number) => boolean) => {
    const [, own = '', rest = ''] = /^(>=|<=|=|>|<|)\s*([\s\S]*)$/.exec(value) ?? [];
    const [low, high] = rest.split('..').map((bound) => toNumber(bound.trim())) as [number, number?];
    if (high !== undefined) return (stored) => stored >= low && stored <= high;
    switch (own || operator) {
      case '>=':
        return (stored) => stored >= low;
      case '<=':
        return (stored) => stored <= low;
      case '>':
        return (stored) => stored > low;
      case '<':
        return (stored) => stored < low;
      default:
        return (stored) => stored === low;
    }
  });
  const test: Test = (document) => read(document).some((stored) => tests.some((matches) => matches(Number(stored))));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}
