import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createHostGate } from '../../../functions/scrape/host-gate.ts';

test('a host has at most so many requests in flight, others are not held up', async () => {
  const gate = createHostGate({ maxInFlight: 2, minIntervalMs: 0 });
  const inFlight: Record<string, number> = { a: 0, b: 0 };
  let most = 0;
  const work = (host: string) => () =>
    tick().then(async () => {
      inFlight[host]! += 1;
      most = Math.max(most, inFlight[host]!);
      await tick();
      inFlight[host]! -= 1;
    });
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => gate.run(index % 2 ? 'a' : 'b', work(index % 2 ? 'a' : 'b'))),
  );
  assert.equal(most, 2);

  const release = Promise.withResolvers<void>();
  const held = [gate.run('a', () => release.promise), gate.run('a', () => release.promise)];
  assert.equal(await gate.run('b', async () => 'through'), 'through');
  release.resolve();
  await Promise.all(held);
});

test('starts on a host lie the interval apart, in the order of asking', async () => {
  let clock = 1000;
  const starts: [number, number][] = [];
  const sleep = async (ms: number) => {
    clock += ms;
  };
  const gate = createHostGate({ maxInFlight: 1, minIntervalMs: 250, now: () => clock, sleep });
  await Promise.all([1, 2, 3].map((id) => gate.run('a', async () => starts.push([id, clock]))));
  assert.deepEqual(starts, [
    [1, 1000],
    [2, 1250],
    [3, 1500],
  ]);
});

test('work that fails gives its place back', async () => {
  const gate = createHostGate({ maxInFlight: 1, minIntervalMs: 0 });
  const failing = Array.from({ length: 3 }, () =>
    assert.rejects(
      gate.run('a', () => Promise.reject(new Error('x'))),
      /x/,
    ),
  );
  await Promise.all(failing);
  assert.equal(await gate.run('a', async () => 1), 1);
});
