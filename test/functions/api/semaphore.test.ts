import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BusyError, createSemaphore } from '../../../functions/api/semaphore.ts';

test('so much runs at once, the rest in the order of the calls', async () => {
  const semaphore = createSemaphore({ permits: 2, maxWaiting: 10, maxWaitMs: 30_000 });
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<number>());
  const runs = ends.map(({ promise }, index) =>
    semaphore.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1]);
  ends[1]!.resolve(1);
  await runs[1];
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1, 2]);
  ends[0]!.reject(new Error('failed'));
  await assert.rejects(runs[0]!, /failed/);
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const end of ends) end.resolve(0);
  await Promise.all(runs.slice(1));
});

test('who finds the line full is turned away at once, who waits too long or for nobody leaves it', async () => {
  const semaphore = createSemaphore({ permits: 1, maxWaiting: 1, maxWaitMs: 20 });
  const held = Promise.withResolvers<void>();
  const holding = semaphore.run(() => held.promise);
  const late = semaphore.run(async () => {});
  await assert.rejects(
    semaphore.run(async () => {}),
    BusyError,
  );
  await assert.rejects(late, BusyError);
  const gone = new AbortController();
  const waiting = semaphore.run(async () => {}, gone.signal);
  gone.abort(new Error('nobody waits'));
  await assert.rejects(waiting, /nobody waits/);
  await assert.rejects(
    semaphore.run(async () => {}, gone.signal),
    /nobody waits/,
  );
  held.resolve();
  await holding;
  assert.equal(await semaphore.run(async () => 'again'), 'again');
});

test('no permit is lost or made, whoever leaves the line', async () => {
  const work = fc.array(fc.record({ ms: fc.nat(3), abortMs: fc.option(fc.nat(3)) }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(work, async (items) => {
      const semaphore = createSemaphore({ permits: 2, maxWaiting: 5, maxWaitMs: 3 });
      let running = 0;
      let most = 0;
      const once = async (ms: number) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, ms));
        running -= 1;
      };
      await Promise.allSettled(
        items.map(({ ms, abortMs }) =>
          semaphore.run(() => once(ms), abortMs === null ? undefined : AbortSignal.timeout(abortMs)),
        ),
      );
      assert.ok(most <= 2);
      await Promise.all([semaphore.run(() => once(0)), semaphore.run(() => once(0))]);
    }),
    { numRuns: 30 },
  );
});
