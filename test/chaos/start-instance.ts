/**
 * Starts one function from its index.ts on loopback, as it is deployed but for its publisher, and prints its port:
 * `node start-instance.ts NAME`. Some of its requests fail, before their work or with their work done.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { fails } from './instance-faults.ts';

const faultyPubSub = new URL('faulty-pubsub.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    return resolved.url.endsWith('/shared/pubsub.ts') ? { ...resolved, url: faultyPubSub } : resolved;
  },
});

const name = process.argv[2]!;
// The lease of sync, a minute, would hold a run up each time that it dies with its instance.
await import(name === 'sync' ? './start-sync.ts' : `../../functions/${name}/index.ts`);

const server = getTestServer(name);
const [serve] = server.listeners('request') as [RequestListener];
server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
  const isBefore = fails();
  if (isBefore || fails()) {
    const writeHead = response.writeHead.bind(response) as (status: number) => ServerResponse;
    response.writeHead = () => writeHead(500);
  }
  if (isBefore) response.writeHead(500).end();
  else serve(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
