import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EnricherStandIn, startEnricher, summaryOf } from './enricher.ts';

const article = { title: 'Um título', subtitle: null, lead: null, content: 'Um texto.', taxonomy: [] };

describe('enricher stand-in', () => {
  let standIn: EnricherStandIn;
  before(async () => {
    standIn = await startEnricher({ apiKey: 'key' });
  });
  after(() => standIn.close());

  async function send(path: string, body: unknown, key = 'key') {
    const response = await fetch(standIn.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test('answers the same text the same, and any other text differently', async () => {
    const first = await send('/', article);
    assert.deepEqual(await send('/', article), first);
    assert.equal(first.body.summary, summaryOf(article));
    const others = await Promise.all([
      send('/', { ...article, content: 'Um texto' }),
      send('/', { ...article, lead: 'Um' }),
    ]);
    assert.equal(new Set([first, ...others].map(({ body }) => body.summary)).size, 3);
  });

  test('refuses a wrong key and what is no article, and counts neither as answered', async () => {
    const before = standIn.answered();
    assert.equal((await send('/', article, 'wrong')).status, 401);
    assert.equal((await send('/', { title: 'Um' })).status, 400);
    assert.equal((await send('/nowhere', article)).status, 404);
    assert.equal(standIn.answered(), before);
  });

  test('fails for as long as it is told, then answers again', async () => {
    await send('/_stand-in/fail', { ms: 200, status: 500 });
    assert.equal((await send('/', article)).status, 500);
    await new Promise((resolve) => setTimeout(resolve, 220));
    assert.equal((await send('/', article)).status, 200);
  });

  test('stalls, is slow, and recovers, as told', async () => {
    const elapsed = async () => {
      const startedAt = performance.now();
      await send('/', article);
      return performance.now() - startedAt;
    };
    await send('/_stand-in/stall', { count: 1, ms: 150, when: 'after' });
    assert.ok((await elapsed()) >= 145);
    await send('/_stand-in/slow', { ms: 150 });
    assert.ok((await elapsed()) >= 145);
    await send('/_stand-in/slow', { ms: 60_000 });
    await send('/_stand-in/recover', {});
    assert.equal((await send('/', article)).status, 200);
  });
});
