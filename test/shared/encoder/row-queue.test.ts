import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRowQueue, type RowQueue } from '../../../shared/encoder/row-queue.ts';

/** Rows of these token counts, each known by its place in the list. */
function push(queue: RowQueue, lengths: readonly number[]): void {
  queue.push(lengths.map((length) => ({ ids: new Int32Array(length), resolve() {}, reject() {} })));
}

const lengthsOf = (rows: ReturnType<RowQueue['take']>) => rows.map(({ ids }) => ids.length);

test('rows of like length are taken together, first those with the row that came first', () => {
  const queue = createRowQueue({ maxRows: 3, maxTokens: 1000 });
  push(queue, [50, 3, 60, 4, 55, 5]);
  assert.deepEqual(lengthsOf(queue.take()), [50, 55, 60]);
  assert.deepEqual(lengthsOf(queue.take()), [3, 4, 5]);
  assert.deepEqual(queue.take(), []);
});

test('long rows have smaller batches, and one that is too long has its own', () => {
  const queue = createRowQueue({ maxRows: 8, maxTokens: 100 });
  push(queue, [50, 50, 50, 300]);
  assert.deepEqual(lengthsOf(queue.take()), [50, 50]);
  assert.deepEqual(lengthsOf(queue.take()), [50]);
  assert.deepEqual(lengthsOf(queue.take()), [300]);
});

test('a row is not overtaken for ever by rows that come later', () => {
  const queue = createRowQueue({ maxRows: 2, maxTokens: 1000 });
  push(queue, [100]);
  push(queue, [1, 2, 3, 4]);
  assert.deepEqual(lengthsOf(queue.take()), [100]);
  assert.deepEqual(lengthsOf(queue.take()), [1, 2]);
});

test('every row is taken once, within the bounds', () => {
  const rows = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 4 }), fc.integer({ min: 1, max: 9 }), (pushes, maxRows) => {
      const queue = createRowQueue({ maxRows, maxTokens: 64 });
      const taken: number[] = [];
      const take = () => {
        const lengths = lengthsOf(queue.take());
        assert.ok(lengths.length <= maxRows);
        assert.ok(lengths.length <= 1 || lengths.length * Math.max(...lengths) <= 64);
        taken.push(...lengths);
        return lengths.length;
      };
      for (const lengths of pushes) {
        push(queue, lengths);
        take();
      }
      while (take() > 0);
      assert.deepEqual(
        taken.sort((a, b) => a - b),
        pushes.flat().sort((a, b) => a - b),
      );
    }),
  );
});
