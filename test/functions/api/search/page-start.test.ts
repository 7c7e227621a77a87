import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageEnd, pageStart } from '../../../../functions/api/search/page-start.ts';

const order = [...'abcdefghijklmnopqrstuvwxyz'];
const start = (shown: string, rank: number, now: readonly string[]) => {
  const [uniqueId, ...before] = [...shown].toReversed();
  return pageStart({ asOf: 0, rank, ...(uniqueId ? { uniqueId, before } : {}) }, (id) => {
    const place = now.indexOf(id);
    return place < 0 ? undefined : place;
  });
};
const without = (gone: string) => order.filter((id) => !gone.includes(id));

test('a page begins behind the last result, wherever that stands now', () => {
  assert.equal(
    pageStart(undefined, () => undefined),
    0,
  );
  assert.equal(start('ghi', 9, order), 9);
  assert.equal(start('ghi', 9, without('abc')), 6);
  assert.equal(start('ghi', 9, ['1', '2', ...order]), 11);
  assert.equal(start('a', 1, order), 1);
});

test('the last result may be gone, or be somewhere else', () => {
  assert.equal(start('ghi', 9, without('i')), 8);
  assert.equal(start('ghi', 9, without('hi')), 7);
  assert.equal(start('ghi', 9, without('abci')), 5);
  // Behind the two that did not move.
  assert.equal(start('ghi', 9, ['i', ...without('i')]), 9);
  assert.equal(start('ghi', 9, [...without('i'), 'i']), 8);
});

test('a page begins behind the rank when none of the last results tells', () => {
  assert.equal(start('ghi', 9, without('ghi')), 9);
  assert.equal(start('', 9, order), 9);
  assert.equal(start('hi', 9, ['i', ...without('i')]), 9);
});

test('a page ends with its last three results, those of the page before among them', () => {
  assert.deepEqual(pageEnd(['a', 'b', 'c', 'd'], undefined), { uniqueId: 'd', before: ['c', 'b'] });
  const after = { asOf: 0, rank: 3, uniqueId: 'c', before: ['b', 'a'] };
  assert.deepEqual(pageEnd(['d'], after), { uniqueId: 'd', before: ['c', 'b'] });
});
