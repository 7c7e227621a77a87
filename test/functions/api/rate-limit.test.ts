import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitsOf } from '../../../functions/api/config.ts';
import { createRateLimit } from '../../../functions/api/rate-limit.ts';
import { loadLocalSettings } from '../../../infra/local/settings.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';
import { type Api, serveApi } from './api-server.ts';

test('a minute of requests may come at once, and then one as often as the rate says', () => {
  let now = 0;
  const limit = createRateLimit(60, () => now);
  for (let count = 59; count >= 0; count -= 1) assert.equal(limit.take('a').remaining, count);
  assert.deepEqual(limit.take('a'), { isAllowed: false, remaining: 0, resetSeconds: 1 });
  assert.ok(limit.take('b').isAllowed);
  now += 999;
  assert.ok(!limit.take('a').isAllowed);
  now += 1;
  assert.ok(limit.take('a').isAllowed);
  assert.ok(!limit.take('a').isAllowed);
  now += 3_600_000;
  assert.equal(limit.take('a').remaining, 59);
});

test('no client ever gets more than the rate and one burst', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(5000), { maxLength: 300 }), (perMinute, pauses) => {
      let now = 0;
      const limit = createRateLimit(perMinute, () => now);
      let allowed = 0;
      for (const pause of pauses) {
        now += pause;
        if (limit.take('a').isAllowed) allowed += 1;
      }
      assert.ok(allowed <= perMinute + (now * perMinute) / 60_000 + 1e-6);
    }),
  );
});

test('a flood of other clients leaves the one that asks all the time limited', () => {
  const limit = createRateLimit(2, () => 0);
  for (let index = 0; index < 60_000; index += 1) {
    if (index % 1000 === 0) limit.take('loud');
    limit.take(`client ${index}`);
  }
  assert.ok(!limit.take('loud').isAllowed);
  assert.ok(limit.take('client 0').isAllowed);
});

test('0 is no limit', () => {
  const settings = loadLocalSettings();
  assert.equal(limitsOf({ ...settings, RATE_LIMIT_PER_MINUTE: 0 }).rateLimit, undefined);
  assert.equal(limitsOf({ ...settings, RATE_LIMIT_PER_MINUTE: 5 }).rateLimit?.perMinute, 5);
});

test('who asks too often is told when to come again, and health is free', { skip: withoutPostgres }, async () => {
  const database = await createTestDatabase();
  let api: Api | undefined;
  try {
    api = await serveApi(database.db, { rateLimit: createRateLimit(3, () => 0), trustedProxies: 1 });
    const ask = (path: string, client: string) => api!.get(path, { headers: { 'x-forwarded-for': client } });
    const first = await ask('/search', '203.0.113.7');
    assert.equal(first.headers.get('ratelimit-policy'), '"client";q=3;w=60');
    assert.equal(first.headers.get('ratelimit'), '"client";r=2;t=20');
    const again = { headers: { 'x-forwarded-for': '203.0.113.7', 'if-none-match': first.headers.get('etag')! } };
    const known = await api.get('/search', again);
    assert.deepEqual([known.status, known.headers.get('ratelimit')], [304, '"client";r=1;t=20']);
    const nowhere = await ask('/nowhere', '203.0.113.7');
    assert.deepEqual([nowhere.status, nowhere.headers.get('ratelimit')], [404, '"client";r=0;t=20']);
    for (const forged of ['203.0.113.7', '1.1.1.1, 203.0.113.7', '8.8.8.8, 9.9.9.9,203.0.113.7']) {
      const { status, headers, body } = await ask('/search', forged);
      assert.equal(status, 429, forged);
      assert.match(headers.get('content-type')!, /^application\/problem\+json/);
      assert.equal(headers.get('retry-after'), '20');
      assert.equal(headers.get('ratelimit'), '"client";r=0;t=20');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(body.title, 'Too Many Requests');
    }
    assert.equal((await ask('/search', '203.0.113.8')).status, 200);
    for (let count = 0; count < 5; count += 1) {
      const health = await ask('/health', '203.0.113.7');
      assert.deepEqual([health.status, health.headers.get('ratelimit')], [200, null]);
    }
  } finally {
    await api?.close();
    await database.drop();
  }
});
