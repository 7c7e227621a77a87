import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createHostGate } from '../../../../functions/scrape/fetch/host-gate.ts';

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

test('a longer interval holds for the start after it', async () => {
  let clock = 0;
  const starts: number[] = [];
  const sleep = async (ms: number) => {
    clock += ms;
  };
  const gate = createHostGate({ maxInFlight: 1, minIntervalMs: 100, now: () => clock, sleep });
  for (const minIntervalMs of [3000, 50, 0]) {
    await gate.run('a', async () => starts.push(clock), { minIntervalMs });
  }
  assert.deepEqual(starts, [0, 3000, 3100]);
});

test('a deferred host is waited for, or given up when it takes too long', async () => {
  let clock = 0;
  const sleep = async (ms: number) => {
    clock += ms;
  };
  const gate = createHostGate({ maxInFlight: 2, minIntervalMs: 0, now: () => clock, sleep });
  await gate.deferHost('a', 20_000);
  await gate.deferHost('a', 10);
  assert.equal(await gate.run('a', async () => clock), 20_000);
  await gate.deferHost('a', 60_000);
  await assert.rejects(
    gate.run('a', async () => assert.fail('not to be run')),
    { name: 'RateLimitedError', category: 'network_error', retryAfterMs: 60_000 },
  );
  assert.equal(await gate.run('b', async () => clock), 20_000, 'another host is free');
  clock += 60_000;
  assert.equal(await gate.run('a', async () => clock), 80_000);
});

test('what waits for its turn can be called off, and takes no place', async () => {
  const gate = createHostGate({ maxInFlight: 1, minIntervalMs: 0 });
  const release = Promise.withResolvers<void>();
  const held = gate.run('a', () => release.promise);
  const calledOff = new AbortController();
  const waiting = gate.run('a', async () => assert.fail('not to be run'), { signal: calledOff.signal });
  const last = gate.run('a', async () => 'last');
  calledOff.abort(new Error('the run is over'));
  await assert.rejects(waiting, /the run is over/);
  await assert.rejects(
    gate.run('a', async () => 1, { signal: calledOff.signal }),
    /the run is over/,
  );
  release.resolve();
  await held;
  assert.equal(await last, 'last');

  await gate.deferHost('a', 20_000);
  const end = AbortSignal.timeout(20);
  await assert.rejects(
    gate.run('a', async () => 1, { signal: end }),
    { name: 'TimeoutError' },
  );
});
