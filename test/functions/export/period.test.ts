import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentMonthStart, isShardPath, periodBounds, shardPaths } from '../../../functions/export/period.ts';

const bounds = (period: string) => {
  const { start, end } = periodBounds(period);
  return [start.toISOString(), end.toISOString()];
};

test('a period lasts from midnight to midnight in −03:00', () => {
  assert.deepEqual(bounds('2024-02'), ['2024-02-01T03:00:00.000Z', '2024-03-01T03:00:00.000Z']);
  assert.deepEqual(bounds('2024-12'), ['2024-12-01T03:00:00.000Z', '2025-01-01T03:00:00.000Z']);
  assert.deepEqual(bounds('2024-02-29'), ['2024-02-29T03:00:00.000Z', '2024-03-01T03:00:00.000Z']);
  assert.deepEqual(bounds('1953-07-31'), ['1953-07-31T03:00:00.000Z', '1953-08-01T03:00:00.000Z']);
  assert.deepEqual(bounds('0044-03'), ['0044-03-01T03:00:00.000Z', '0044-04-01T03:00:00.000Z']);
});

test('daylight saving does not move a period', () => {
  // In January 2018 a clock in Brasília stood at −02:00.
  assert.deepEqual(bounds('2018-01-10'), ['2018-01-10T03:00:00.000Z', '2018-01-11T03:00:00.000Z']);
});

test('what is no period is refused by its name', () => {
  assert.throws(() => periodBounds('12024-02'), /"12024-02" is no period/);
  assert.throws(() => periodBounds('2024'), RangeError);
});

test('the current month begins when its first day does in −03:00', () => {
  const month = (now: string) => currentMonthStart(new Date(now)).toISOString();
  assert.equal(month('2026-03-15T12:00:00Z'), '2026-03-01T03:00:00.000Z');
  assert.equal(month('2026-03-01T02:59:59Z'), '2026-02-01T03:00:00.000Z');
  assert.equal(month('2026-03-01T03:00:00Z'), '2026-03-01T03:00:00.000Z');
  assert.equal(month('2026-01-01T00:00:00Z'), '2025-12-01T03:00:00.000Z');
});

test('the shards of a period are numbered when there are several', () => {
  assert.deepEqual(shardPaths('2024-02', 1), ['data/train-2024-02.parquet']);
  assert.deepEqual(shardPaths('2024-02-29', 2), [
    'data/train-2024-02-29-p01.parquet',
    'data/train-2024-02-29-p02.parquet',
  ]);
});

test('a shard is told from the other files of a dataset, whoever named it', () => {
  for (const path of [...shardPaths('2024-02', 2), 'data/train-00001-of-00003.parquet']) assert.ok(isShardPath(path));
  for (const path of ['README.md', 'data/notes.txt', 'data/old/train-2024.parquet', 'train-2024-02.parquet']) {
    assert.ok(!isShardPath(path), path);
  }
});
