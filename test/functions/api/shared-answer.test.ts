import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareAnswer } from '../../../functions/api/shared-answer.ts';

test('an answer is made once for all who ask while it is made, and for a time after', async () => {
  let now = 0;
  let made = 0;
  const begun = Promise.withResolvers<void>();
  const ask = shareAnswer(
    async () => {
      await begun.promise;
      return ++made;
    },
    { keptMs: 10, now: () => now },
  );
  const first = [ask(), ask(), ask()];
  now = 100;
  const late = ask();
  begun.resolve();
  assert.deepEqual(await Promise.all([...first, late]), [1, 1, 1, 1]);
  now = 109;
  assert.equal(await ask(), 1);
  now = 110;
  assert.equal(await ask(), 2);
});

test('an error is not kept', async () => {
  let isAway = true;
  const ask = shareAnswer(
    async () => {
      if (isAway) throw new Error('away');
      return 'there';
    },
    { keptMs: 10_000 },
  );
  await assert.rejects(Promise.all([ask(), ask()]), /away/);
  isAway = false;
  assert.equal(await ask(), 'there');
});
