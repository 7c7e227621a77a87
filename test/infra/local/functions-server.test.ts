import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { serveFunction } from '../../../infra/local/functions-server.ts';
import { ConfigError } from '../../../shared/errors.ts';

test('serves a function by the framework, on loopback only', async () => {
  const server = await serveFunction(
    'api',
    (incoming, response) => void response.json({ body: incoming.body as unknown }),
  );
  try {
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(server.url, { method: 'POST', headers, body: '{"a":"ç"}' });
    assert.deepEqual(await answer.json(), { body: { a: 'ç' } });
  } finally {
    await server.close();
  }
  await assert.rejects(fetch(server.url));
});

test('serves several functions side by side', async () => {
  const servers = await Promise.all(
    (['enrich', 'embed', 'sync'] as const).map((name) =>
      serveFunction(name, (_request, response) => void response.send(name)),
    ),
  );
  try {
    const answers = await Promise.all(servers.map(async ({ url }) => (await fetch(url)).text()));
    assert.deepEqual(answers, ['enrich', 'embed', 'sync']);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
});

test('what the framework refuses is answered without a stack or a path', async () => {
  let callCount = 0;
  const server = await serveFunction('enrich', (_request, response) => {
    callCount++;
    response.end();
  });
  const ask = async (path: string, headers: Record<string, string> = {}, body?: string) => {
    const answer = await request(server.url + path, { method: 'POST', headers, body: body ?? null });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  const json = { 'content-type': 'application/json' };
  try {
    const refused = [
      [400, await ask('/%E0%A4%A')],
      [400, await ask('/', json, '{"message":')],
      [400, await ask('/', { 'content-type': 'application/cloudevents+json' }, '[')],
      [415, await ask('/', { 'content-type': 'application/json; charset=nothing' }, '{}')],
      [415, await ask('/', { ...json, 'content-encoding': 'nothing' }, '{}')],
    ] as const;
    for (const [status, answer] of refused) {
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, /<pre>[A-Z][A-Za-z ]+<\/pre>/);
      assert.doesNotMatch(answer.text, /Error:|node_modules|\bat /);
    }
    assert.equal(callCount, 0);
  } finally {
    await server.close();
  }
});

test('a port in use is named with the function that wanted it', async () => {
  const first = await serveFunction('enrich', (_request, response) => void response.end());
  const { port } = new URL(first.url);
  try {
    await assert.rejects(
      serveFunction('embed', (_request, response) => void response.end(), Number(port)),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, new RegExp(`Port ${port} for function embed is in use`));
        return true;
      },
    );
  } finally {
    await first.close();
  }
});

test('closing answers what is in flight, and does not wait for connections that stay open', async () => {
  let startWork: () => void = () => {};
  const working = new Promise<void>((resolve) => {
    startWork = resolve;
  });
  const server = await serveFunction('enrich', async (_request, response) => {
    startWork();
    await sleep(100);
    response.send('done');
  });
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  try {
    const answer = request(server.url, { method: 'POST', dispatcher: agent }).then(({ body }) => body.text());
    await working;
    const startedAt = performance.now();
    const closed = server.close();
    assert.equal(await answer, 'done');
    await closed;
    const ms = performance.now() - startedAt;
    assert.ok(ms < 2500, `closed after ${Math.round(ms)} ms`);
  } finally {
    await agent.close();
  }
});
