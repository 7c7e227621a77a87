import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import { createRandom } from './sites/random.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function backend(listener: RequestListener, concurrency = 10): Promise<Backend & { server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, concurrency };
}

async function gateway(
  backends: Record<string, Backend[]>,
  options: Partial<GatewayOptions> = {},
): Promise<Gateway & { post(name: string, body?: string): Promise<number> }> {
  const started = await startGateway({ backends: (name) => backends[name] ?? [], random: createRandom(1), ...options });
  opened.push(started);
  const post = async (name: string, body = '{}') => {
    const answer = await fetch(`${started.url}/${name}`, { method: 'POST', body });
    await answer.text();
    return answer.status;
  };
  return { ...started, post };
}

test('a request reaches an instance of its function, and the answer comes back', async () => {
  const { post } = await gateway({
    enrich: [await backend((_request, response) => response.writeHead(204).end())],
    embed: [await backend((_request, response) => response.writeHead(500).end())],
  });
  assert.deepEqual([await post('enrich'), await post('embed'), await post('nowhere')], [204, 500, 503]);
});

test('all instances full is 429, and so is what it is told to refuse', async () => {
  const slow: RequestListener = (_request, response) => void setTimeout(() => response.writeHead(204).end(), 100);
  const { post, refuseFor, calm, counts } = await gateway({ enrich: [await backend(slow, 1), await backend(slow, 1)] });
  const statuses = await Promise.all([post('enrich'), post('enrich'), post('enrich')]);
  assert.deepEqual(statuses.sort(), [204, 204, 429]);
  refuseFor(60_000);
  assert.equal(await post('enrich'), 429);
  calm();
  assert.equal(await post('enrich'), 204);
  assert.equal(counts.refused, 2);
});

test('an instance that dies with a request is 503', async () => {
  const { post } = await gateway({ enrich: [await backend((request) => request.socket.destroy())] });
  assert.equal(await post('enrich'), 503);
});

test('a share of the deliveries arrives twice, and some pass each other', async () => {
  const seen: string[] = [];
  const instance = await backend(async (request, response) => {
    for await (const chunk of request) seen.push(String(chunk));
    response.writeHead(204).end();
  }, 1000);
  const { post, counts } = await gateway(
    { enrich: [instance] },
    { duplicateShare: 0.2, delayShare: 0.3, maxDelayMs: 30 },
  );
  const sent = Array.from({ length: 200 }, (_, number) => String(number));
  for (const body of sent) void post('enrich', body);
  for (let round = 0; round < 100 && seen.length < 200 + counts.duplicates; round++) await sleep(20);
  assert.equal(seen.length, 200 + counts.duplicates);
  assert.ok(counts.duplicates > 20 && counts.duplicates < 60, `${counts.duplicates} duplicates`);
  assert.deepEqual(new Set(seen), new Set(sent));
  assert.notDeepEqual([...new Set(seen)], sent);
});
