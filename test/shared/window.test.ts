import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, lastDays } from '../../shared/window.ts';

test('the last days end today as Brasília has it, and begin so many days before', () => {
  const evening = new Date('2026-03-01T02:30:00Z');
  assert.deepEqual(lastDays(1, evening), { startDate: '2026-02-28', endDate: '2026-02-28' });
  assert.deepEqual(lastDays(3, evening), { startDate: '2026-02-26', endDate: '2026-02-28' });
  assert.deepEqual(lastDays(2, new Date('2026-03-01T03:00:00Z')), { startDate: '2026-02-28', endDate: '2026-03-01' });
});

test('a day must be on the calendar and written in full', () => {
  for (const text of ['2024-02-29', '2025-12-31']) assert.equal(day.parse(text), text);
  assert.equal(day.parse('1900-01-01'), '1900-01-01');
  for (const text of [
    '2025-02-29',
    '2025-02-30',
    '2025-13-01',
    '2025-1-1',
    '01/02/2025',
    '2025-01-01T00:00:00Z',
    '+002025-01-01',
    '',
  ]) {
    assert.deepEqual(
      day.safeParse(text).error?.issues.map(({ message }) => message),
      ['must be a day that exists, as YYYY-MM-DD'],
      text,
    );
  }
});

test('a day before 1900 is refused, with the first day that is taken', () => {
  for (const text of ['0000-01-01', '0205-11-01', '1899-12-31']) {
    assert.equal(day.safeParse(text).error?.issues[0]?.message, 'must not be before 1900-01-01', text);
  }
});
