import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVectorCheck } from '../../../../functions/api/search/vector-check.ts';
import { silentLogger } from '../../../../shared/log.ts';

function setUp() {
  const state = { now: 0, asked: 0, isAway: false, models: new Set(['old']) };
  const check = createVectorCheck({
    hasVectors: async (model) => {
      state.asked++;
      if (state.isAway) throw new Error('database is away');
      return state.models.has(model);
    },
    log: silentLogger,
    now: () => state.now,
  });
  return { state, check };
}

test('vectors of a model are looked for at most once a minute', async () => {
  const { state, check } = setUp();
  assert.deepEqual(await Promise.all([check('old'), check('new'), check('new')]), [true, false, false]);
  state.models.add('new');
  assert.equal(await check('new'), false);
  assert.equal(state.asked, 2);
  state.now = 60_000;
  // Who comes while it is asked again takes what was known.
  assert.equal(await check('new'), false);
  assert.equal(await check('new'), true);
  assert.equal(state.asked, 3);
});

test('there may be vectors while the database does not say', async () => {
  const { state, check } = setUp();
  state.isAway = true;
  assert.equal(await check('new'), true);
  state.isAway = false;
  state.now = 60_000;
  await check('new');
  assert.equal(await check('new'), false);
});
