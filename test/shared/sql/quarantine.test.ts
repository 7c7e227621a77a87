import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { closeFailures, recordFailure } from '../../../shared/sql/quarantine.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('the quarantine', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());
  beforeEach(() => database.db.query('truncate quarantine'));

  const record = (subject: string, error = 'Error: no', data: unknown = {}) =>
    recordFailure(database.db, { stage: 'enrich', subject, data, attributes: { a: 'b' }, error });
  const rows = async () => (await database.db.query('select * from quarantine order by id')).rows;

  test('a second failure of one subject counts on the first, and keeps the newest message and error', async () => {
    await record('a', 'Error: one', { n: 1 });
    await record('a', 'Error: two', { n: 2 });
    const [row, ...others] = await rows();
    assert.deepEqual(others, []);
    assert.deepEqual([row!.attempts, row!.error, row!.data], [2, 'Error: two', { n: 2 }]);
    assert.ok((row!.last_failed_at as Date) > (row!.first_failed_at as Date));
  });

  test('closes the subjects of one stage only, and opens again on the next failure', async () => {
    await record('a');
    await record('b');
    await recordFailure(database.db, { stage: 'sync', subject: 'a', data: {}, attributes: {}, error: 'x' });
    await closeFailures(database.db, 'enrich', ['a', 'never failed']);
    assert.deepEqual(
      (await rows()).map((row) => row.closed_at !== null),
      [true, false, false],
    );
    const firstFailedAt = (await rows())[0]!.first_failed_at as Date;
    await record('a');
    const [again] = await rows();
    assert.equal(again!.closed_at, null);
    assert.equal(again!.attempts, 2);
    assert.ok((again!.first_failed_at as Date) > firstFailedAt, 'a new failure, not the old one');
  });

  test('a closed row keeps the time it was closed at', async () => {
    await record('a');
    await closeFailures(database.db, 'enrich', ['a']);
    const [{ closed_at }] = (await rows()) as [{ closed_at: Date }];
    await closeFailures(database.db, 'enrich', ['a']);
    assert.deepEqual((await rows())[0]!.closed_at, closed_at);
  });

  test('a subject longer than an index takes is recorded, counted and closed', async () => {
    // Random digits: Postgres compresses index entries.
    const digits = Array.from({ length: 20_000 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
    const subject = `https://www.gov.br/${digits}`;
    await record(subject);
    await record(subject);
    assert.equal((await rows())[0]!.attempts, 2);
    await closeFailures(database.db, 'enrich', [subject]);
    assert.notEqual((await rows())[0]!.closed_at, null);
  });

  test('characters that Postgres cannot hold are recorded as U+FFFD', async () => {
    const data = { 'k\0': ['a\0b', '\ud800', '😀', '\\u0000', '\\\0'] };
    await recordFailure(database.db, {
      stage: 's',
      subject: 'x\0\udfff',
      data,
      attributes: { 'a\0': '\0' },
      error: 'e\0',
    });
    const [row] = await rows();
    assert.deepEqual(row!.data, { 'k\ufffd': ['a\ufffdb', '\ufffd', '😀', '\\u0000', '\\\ufffd'] });
    assert.deepEqual(row!.attributes, { 'a\ufffd': '\ufffd' });
    assert.deepEqual([row!.subject, row!.error], ['x\ufffd\ufffd', 'e\ufffd']);
    await closeFailures(database.db, 's', ['x\0\udfff']);
    assert.notEqual((await rows())[0]!.closed_at, null);
  });

  test('failures recorded at the same time make one row with all attempts', async () => {
    await Promise.all(Array.from({ length: 10 }, () => record('a')));
    assert.deepEqual(
      (await rows()).map((row) => row.attempts),
      [10],
    );
  });
});
