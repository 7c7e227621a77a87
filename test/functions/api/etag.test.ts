import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityTag, matchesTag } from '../../../functions/api/etag.ts';

test('two texts have two tags, the same text has one', () => {
  assert.equal(entityTag('a'), entityTag('a'));
  assert.notEqual(entityTag('a'), entityTag('b'));
});

test('a tag is found in a list, weak or strong, with commas in the others', () => {
  const tag = 'W/"abc"';
  for (const header of ['W/"abc"', '"abc"', '"x, y", "abc"', '"x","abc","z"', '*', ' * ']) {
    assert.ok(matchesTag(header, tag), header);
  }
  for (const header of [undefined, '', 'abc', '"ab', '"abcd"', '"x, abc"', '"*"', '*, "x"', 'w/"ab"']) {
    assert.ok(!matchesTag(header, tag), header);
  }
});
