import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type BatcherOptions, createBatcher, type Outcome } from '../../shared/batcher.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';

/** Doubles numbers; keeps the batches; runs when it is told. */
function doubling(options: Partial<BatcherOptions<number>> = {}) {
  const batches: number[][] = [];
  let open = () => {};
  let gate = Promise.resolve();
  let most = 0;
  let inWork = 0;
  const submit = createBatcher<number, number>(
    async (items) => {
      batches.push([...items]);
      most = Math.max(most, ++inWork);
      await gate;
      inWork--;
      return items.map(
        (item): Outcome<number> => (item < 0 ? { error: new PermanentError(`${item}`) } : { value: 2 * item }),
      );
    },
    { name: 'doubling', maxItems: 3, ...options },
  );
  return {
    submit,
    batches,
    mostAtOnce: () => most,
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
  };
}

test('calls of one moment share a batch, each with its own result, up to the size', async () => {
  const { submit, batches } = doubling();
  assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(submit)), [2, 4, 6, 8, 10]);
  assert.deepEqual(batches, [
    [1, 2, 3],
    [4, 5],
  ]);
});

test('what comes while a batch is in work is the next one', async () => {
  const { submit, batches, hold, release, mostAtOnce } = doubling({ maxItems: 10 });
  hold();
  const first = submit(1);
  await setImmediate();
  const others = [2, 3, 4].map(submit);
  await setImmediate();
  assert.deepEqual(batches, [[1]]);
  release();
  assert.deepEqual(await Promise.all([first, ...others]), [2, 4, 6, 8]);
  assert.deepEqual([batches, mostAtOnce()], [[[1], [2, 3, 4]], 1]);
});

test('as many batches as allowed are in work at the same time', async () => {
  const { submit, hold, release, mostAtOnce } = doubling({ concurrency: 2 });
  hold();
  const all = [1, 2, 3, 4, 5, 6, 7].map(submit);
  await setImmediate();
  assert.equal(mostAtOnce(), 2);
  release();
  assert.equal((await Promise.all(all)).length, 7);
});

test('an item waits for company as long as told', async () => {
  const { submit, batches } = doubling({ maxWaitMs: 500 });
  const startedAt = performance.now();
  const first = submit(1);
  await setImmediate();
  await Promise.all([first, submit(2)]);
  assert.ok(performance.now() - startedAt >= 495);
  assert.deepEqual(batches, [[1, 2]]);
});

test('a full batch waits no longer', { timeout: 60_000 }, async () => {
  const { submit, batches } = doubling({ maxWaitMs: 3_600_000 });
  await Promise.all([1, 2, 3].map(submit));
  assert.deepEqual(batches, [[1, 2, 3]]);
});

test('a batch holds no more bytes than told, and a larger item goes alone', async () => {
  const { submit, batches } = doubling({ maxItems: 10, maxBytes: 10, sizeOf: (item) => item });
  await Promise.all([4, 5, 6, 50, 1].map(submit));
  assert.deepEqual(batches, [[4, 5], [6], [50], [1]]);
});

test('an item that fails fails alone', async () => {
  const { submit } = doubling();
  const results = await Promise.allSettled([1, -2, 3].map(submit));
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    [2, 'PermanentError: -2', 6],
  );
});

test('a batch that fails as a whole is tried one by one, so that only the culprit fails', async () => {
  const asked: number[][] = [];
  const submit = createBatcher<number, number>(
    async (items) => {
      asked.push([...items]);
      if (items.includes(2)) throw new Error('a 2');
      return items.map((value) => ({ value }));
    },
    { name: 'picky', maxItems: 3 },
  );
  const results = await Promise.allSettled([1, 2, 3].map(submit));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(asked, [[1, 2, 3], [1], [2], [3]]);
});

test('what a retry can help is not asked for item by item: that would multiply the load', async () => {
  let calls = 0;
  const submit = createBatcher<number, number>(
    async () => {
      calls++;
      throw new RetryableError('down');
    },
    { name: 'down', maxItems: 3 },
  );
  const results = await Promise.allSettled([1, 2, 3].map(submit));
  assert.ok(results.every(({ status }) => status === 'rejected'));
  assert.equal(calls, 1);
});

test('more than may wait is refused at once, and the others go on', async () => {
  const { submit, hold, release } = doubling({ maxItems: 1, maxWaiting: 2 });
  hold();
  const first = submit(1);
  await setImmediate();
  const waiting = [2, 3].map(submit);
  await assert.rejects(submit(4), /doubling has 2 items waiting/);
  release();
  assert.deepEqual(await Promise.all([first, ...waiting]), [2, 4, 6]);
});

test('outcomes that are not one for each item fail the batch, and never reach the wrong item', async () => {
  const submit = createBatcher<number, number>(async () => [{ value: 1 }], { name: 'short', maxItems: 3 });
  const results = await Promise.allSettled([1, 2].map(submit));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled'],
    'one by one there is one for each',
  );
  const none = createBatcher<number, number>(async () => [], { name: 'none', maxItems: 3 });
  await assert.rejects(none(1), /none gave 0 outcomes for 1 items/);
});
