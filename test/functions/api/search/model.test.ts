import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { createSearchModel, searchModelSettings } from '../../../../functions/api/search/model.ts';
import { loadConfig } from '../../../../shared/config.ts';
import type { Encoder } from '../../../../shared/encoder.ts';

/** An encoder whose vectors tell which one it is. */
function namedEncoder(model: string) {
  let isClosed = false;
  const encoder: Encoder = {
    model,
    dimensions: 1,
    encode: async (texts) => {
      if (isClosed) throw new Error(`${model} is closed`);
      return texts.map(() => Float32Array.of(model.length));
    },
    close: async () => {
      isClosed = true;
    },
  };
  return { encoder, isClosed: () => isClosed };
}

/** A search model of `new` with the former `old`, over counts and a clock of the test's. */
function setUp(counts: Record<string, number>, { coverage = 0.95, openFails = 0 } = {}) {
  const state = { counts, minutes: 0, countings: 0, opened: 0, isAway: false, openFails };
  const logged: string[] = [];
  const current = namedEncoder('new');
  const former = namedEncoder('old');
  const log = {
    info: (message: string) => void logged.push(message),
    warning: (message: string) => void logged.push(message),
    error: (message: string) => void logged.push(message),
  };
  const model = createSearchModel(
    {
      coverage,
      openFormer: async () => {
        state.opened++;
        if (state.openFails-- > 0) throw new Error('no such model');
        return former.encoder;
      },
    },
    {
      encoder: current.encoder,
      countVectors: async () => {
        state.countings++;
        if (state.isAway) throw new Error('database is away');
        return new Map(Object.entries(state.counts));
      },
      log,
      now: () => state.minutes * 60_000,
    },
  );
  const used = async () => (await model.encodeQuery('texto')).model;
  /** After the count that the first call begins. */
  const usedAfterCount = async () => {
    await used();
    await new Promise(setImmediate);
    return await used();
  };
  return { state, logged, current, former, model, used, usedAfterCount };
}

test('without a former model the one in force answers, and nothing is counted', async () => {
  const { encoder } = namedEncoder('new');
  const countVectors = () => assert.fail('counted');
  const log = { info() {}, warning() {}, error() {} };
  const model = createSearchModel({ coverage: 0.95 }, { encoder, countVectors, log });
  assert.equal(await model.model(), 'new');
  assert.deepEqual(await model.encodeQuery('texto'), { model: 'new', vector: Float32Array.of(3) });
  await model.close();
});

test('the model that covers more answers, and the former one is there until the one in force covers enough', async () => {
  const it = setUp({ old: 90, new: 10 });
  assert.deepEqual([await it.used(), await it.model.model()], ['old', 'old']);
  Object.assign(it.state, { counts: { old: 51, new: 49 }, minutes: 1 });
  assert.equal(await it.usedAfterCount(), 'old');
  Object.assign(it.state, { counts: { old: 49, new: 51 }, minutes: 2 });
  assert.equal(await it.usedAfterCount(), 'new');
  Object.assign(it.state, { counts: { old: 60, new: 40 }, minutes: 3 });
  assert.deepEqual([await it.usedAfterCount(), it.former.isClosed()], ['old', false]);
});

test('after the switch nothing is counted, whatever the counts', async () => {
  const it = setUp({ old: 60, new: 40 });
  assert.equal(await it.used(), 'old');
  Object.assign(it.state, { counts: { old: 5, new: 95 }, minutes: 1 });
  assert.equal(await it.usedAfterCount(), 'new');
  await new Promise(setImmediate);
  assert.deepEqual([it.former.isClosed(), it.current.isClosed()], [true, false]);
  assert.deepEqual(it.logged, ['search uses the model in force from now on']);
  Object.assign(it.state, { counts: { old: 95, new: 5 }, minutes: 9 });
  assert.equal(await it.usedAfterCount(), 'new');
  assert.deepEqual([it.state.countings, it.state.opened], [2, 1]);
});

test('the former model is not opened where the one in force covers enough, or nothing has a vector', async () => {
  for (const counts of [{ old: 5, new: 95 }, {}] as Record<string, number>[]) {
    const it = setUp(counts);
    assert.equal(await it.used(), 'new');
    assert.equal(it.state.opened, 0);
  }
});

test('it counts once a minute, however many ask', async () => {
  const it = setUp({ old: 90, new: 10 });
  await Promise.all(Array.from({ length: 20 }, it.used));
  it.state.minutes = 0.9;
  await it.used();
  assert.deepEqual([it.state.countings, it.state.opened], [1, 1]);
});

test('a count that fails changes nothing', async () => {
  const it = setUp({ old: 90, new: 10 });
  await it.used();
  Object.assign(it.state, { isAway: true, minutes: 1 });
  assert.equal(await it.usedAfterCount(), 'old');
  assert.deepEqual(it.logged, ['model of search not chosen']);
});

test('a former model that cannot be opened is an error, and is tried again after a minute', async () => {
  const it = setUp({ old: 90, new: 10 }, { openFails: 1 });
  await assert.rejects(it.used(), /no such model/);
  await assert.rejects(it.used(), /no such model/);
  it.state.minutes = 1;
  await it.used().catch(() => {});
  await new Promise(setImmediate);
  assert.equal(await it.used(), 'old');
  assert.equal(it.state.opened, 2);
});

test('a share is read from its text, and anything else is refused', () => {
  const config = z.object(searchModelSettings);
  const coverage = (text?: string) => loadConfig(config, { SEARCH_MODEL_COVERAGE: text }).SEARCH_MODEL_COVERAGE;
  assert.deepEqual([coverage(), coverage('0.8'), coverage('.5'), coverage('1'), coverage('0')], [0.95, 0.8, 0.5, 1, 0]);
  for (const text of ['95', '1.5', '-0.1', '95%', '0,9']) assert.throws(() => coverage(text), /SEARCH_MODEL_COVERAGE/);
});
