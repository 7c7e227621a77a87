import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coalesceReads } from '../../shared/coalescing-access.ts';

const size = 1_000_000;
const content = Uint8Array.from({ length: size }, (_, index) => index % 251);

function counted() {
  const requests: [number, number][] = [];
  const access = coalesceReads({
    slice: async (start, end) => {
      requests.push([start, end]);
      if (end > size) throw new Error('after the end');
      return content.slice(start, end).buffer;
    },
    close: async () => {},
  });
  return { access, requests };
}

test('reads what lies near in one request, whatever the order in which it is asked for', async () => {
  const { access, requests } = counted();
  const parts: [number, number][] = [
    [500_000, 500_010],
    [100, 200],
    [0, 300],
    [60_000, 60_001],
  ];
  const read = await Promise.all(parts.map(([start, end]) => access.slice(start, end)));
  for (const [index, [start, end]] of parts.entries()) {
    assert.deepEqual(new Uint8Array(read[index]!), content.slice(start, end));
  }
  assert.deepEqual(requests, [
    [0, 60_001],
    [500_000, 500_010],
  ]);
});

test('a request that fails fails what it was for, and no other', async () => {
  const { access } = counted();
  const results = await Promise.allSettled([access.slice(0, 10), access.slice(size, size + 1)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal((await access.slice(5, 6)).byteLength, 1);
});
