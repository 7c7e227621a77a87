import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  identityDate,
  parseBrazilianDate,
  parseIsoDate,
  publishedPeriod,
  saoPauloDay,
  saoPauloInstant,
  saoPauloIso,
} from '../../shared/time.ts';

test('wall times follow the daylight-saving history of São Paulo', () => {
  const cases: [string, string][] = [
    ['10/01/2015 10h00', '2015-01-10T10:00:00-02:00'],
    ['10/07/2015 10h00', '2015-07-10T10:00:00-03:00'],
    ['10/01/2020 10h00', '2020-01-10T10:00:00-03:00'],
    ['03/11/2018 23h59', '2018-11-03T23:59:00-03:00'],
    ['04/11/2018 01h00', '2018-11-04T01:00:00-02:00'],
    ['17/02/2019 00h00', '2019-02-17T00:00:00-03:00'],
  ];
  for (const [text, iso] of cases) assert.equal(saoPauloIso(parseBrazilianDate(text)!.instant), iso);
});

test('a skipped time moves forward and a doubled one means the first', () => {
  const skipped = saoPauloInstant({ year: 2018, month: 11, day: 4, hour: 0, minute: 30 });
  assert.equal(saoPauloIso(skipped), '2018-11-04T01:30:00-02:00');
  const doubled = saoPauloInstant({ year: 2019, month: 2, day: 16, hour: 23, minute: 30 });
  assert.equal(saoPauloIso(doubled), '2019-02-16T23:30:00-02:00');
});

test('local midnight belongs to its own day, on every day of a year with two clock changes', () => {
  for (let day = 1; day <= 365; day++) {
    const date = new Date(Date.UTC(2018, 0, day));
    const midnight = saoPauloInstant({ year: 2018, month: date.getUTCMonth() + 1, day: date.getUTCDate() });
    const expected = date.toISOString().slice(0, 10);
    assert.equal(saoPauloDay(midnight), expected);
    assert.notEqual(saoPauloDay(new Date(midnight.getTime() - 1)), expected);
  }
});

test('the day is the one on the wall, not the one in UTC', () => {
  assert.equal(saoPauloDay(new Date('2026-01-01T02:59:59Z')), '2025-12-31');
  assert.equal(saoPauloDay(new Date('2026-01-01T03:00:00Z')), '2026-01-01');
  assert.equal(saoPauloDay(new Date('2014-12-16T02:00:00Z')), '2014-12-16');
});

test('the date of an identity has a fixed offset', () => {
  assert.equal(identityDate(new Date('2025-11-18T19:30:00.999Z')), '2025-11-18T16:30:00-03:00');
  assert.equal(identityDate(new Date('2014-12-16T02:00:00Z')), '2014-12-15T23:00:00-03:00');
});

test('published year, month and ISO week follow the recorded vectors', () => {
  interface Case {
    published_at: string;
    epoch_seconds: number;
    published_year: number;
    published_month: number;
    published_week: number;
  }
  const url = new URL('../fixtures/cases/published-week.json', import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as Case[];
  assert.ok(cases.length > 5);
  for (const { published_at, published_year, published_month, published_week } of cases) {
    const expected = { year: published_year, month: published_month, week: published_week };
    assert.deepEqual(publishedPeriod(new Date(published_at)), expected, published_at);
  }
});

test('Brazilian dates are read in every form the sites print', () => {
  const cases: [string, string, boolean][] = [
    ['31/08/2023 12h32', '2023-08-31T15:32:00.000Z', true],
    ['15/01/2026 - 14:30', '2026-01-15T17:30:00.000Z', true],
    ['15/10/2019 às 14:01', '2019-10-15T17:01:00.000Z', true],
    ['publicado\n   24/02/2025\n   10h00', '2025-02-24T13:00:00.000Z', true],
    ['No AR em 02/02/2026 - 23:00', '2026-02-03T02:00:00.000Z', true],
    ['06/01/2026 15:54:07', '2026-01-06T18:54:07.000Z', true],
    ['24/02/2025', '2025-02-24T03:00:00.000Z', false],
    ['24/02/202510h00', '2025-02-24T13:00:00.000Z', true],
    ['24/02/2025 às 10h', '2025-02-24T13:00:00.000Z', true],
    ['10/01/2015, 10h', '2015-01-10T12:00:00.000Z', true],
    ['1/2/2025.', '2025-02-01T03:00:00.000Z', false],
    ['24/02/2025 25h00', '2025-02-24T03:00:00.000Z', false],
  ];
  for (const [text, iso, hasTime] of cases) {
    assert.deepEqual(parseBrazilianDate(text), { instant: new Date(iso), hasTime }, text);
  }
});

test('what is no date of the calendar is not read', () => {
  for (const text of ['', 'ontem', '31/02/2024', '01/13/2024', '10/01/20155', '12/2024', '00/00/0000', '1/1/0001']) {
    assert.equal(parseBrazilianDate(text), null, text);
  }
  for (const text of ['', '2025', '2025-02-30', '2025-02-30T10:00:00Z', '2025-01-01T24:61:00', 'amanhã']) {
    assert.equal(parseIsoDate(text), null, text);
  }
});

test('ISO dates keep their offset and are local without one', () => {
  const cases: [string, string, boolean][] = [
    ['2026-01-06T18:54:27+00:00', '2026-01-06T18:54:27.000Z', true],
    ['2026-01-06T18:54:27Z', '2026-01-06T18:54:27.000Z', true],
    ['2026-01-06T15:54:27.5-03:00', '2026-01-06T18:54:27.000Z', true],
    ['2026-01-06T15:54:27-0300', '2026-01-06T18:54:27.000Z', true],
    ['2026-01-06T15:54-03', '2026-01-06T18:54:00.000Z', true],
    ['2015-01-10T10:00', '2015-01-10T12:00:00.000Z', true],
    ['2015-01-10', '2015-01-10T02:00:00.000Z', false],
  ];
  for (const [text, iso, hasTime] of cases) {
    assert.deepEqual(parseIsoDate(text), { instant: new Date(iso), hasTime }, text);
  }
});
