import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../../infra/local/errors.ts';
import { checkWindow } from '../../../infra/local/options.ts';

test('a window must not end before it starts, its usual end included', () => {
  checkWindow({});
  checkWindow({ startDate: '2025-03-01' });
  checkWindow({ startDate: '2025-03-01', endDate: '2025-03-01' }, '2025-01-01');
  checkWindow({ startDate: '2025-03-01' }, '2025-03-01');
  assert.throws(() => checkWindow({ startDate: '2025-03-02', endDate: '2025-03-01' }), UsageError);
  assert.throws(() => checkWindow({ startDate: '2025-03-02' }, '2025-03-01'), {
    name: 'UsageError',
    message: '--start-date 2025-03-02 is after 2025-03-01, where the window ends without --end-date',
  });
});
