import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryableError } from '../../shared/errors.ts';
import { toDeliveryError } from '../../shared/postgres-errors.ts';

const coded = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });

for (const error of [
  coded('57014', 'canceling statement due to statement timeout'),
  coded('57P01', 'terminating connection due to administrator command'),
  coded('40P01', 'deadlock detected'),
  coded('53300', 'sorry, too many clients already'),
  coded('55P03'),
  coded('ECONNREFUSED'),
  coded('ECONNRESET'),
  new Error('timeout exceeded when trying to connect'),
  new Error('Connection terminated unexpectedly'),
  new Error('Query read timeout'),
  new AggregateError([coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')]),
]) {
  test(`"${error.message || 'an aggregate'}" passes: the message is delivered again`, () => {
    const found = toDeliveryError(error);
    assert.ok(found instanceof RetryableError);
    assert.match(found.message, /^The database did not answer: /);
    assert.equal(found.cause, error);
  });
}

for (const error of [coded('23505'), coded('22P02'), coded('42601'), coded('42P01'), new Error('x'), 'text']) {
  test(`${error instanceof Error ? error.message + (error as { code?: string }).code : error} stays what it is`, () => {
    assert.equal(toDeliveryError(error), error);
  });
}
