import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import {
  createPageFetcher,
  type PageFetcher,
  type PageFetcherOptions,
} from '../../../../functions/scrape/fetch/fetch-page.ts';
import { createHostGate } from '../../../../functions/scrape/fetch/host-gate.ts';
import { createRobots } from '../../../../functions/scrape/fetch/robots.ts';

/** Who asks in these tests. */
export const testAgent = 'Test/1.0 (+https://exemplo.org)';

/** A dispatcher that leads every host to a port of loopback, without TLS. */
export function loopbackDispatcher(port: number): Dispatcher {
  const connect = buildConnector({});
  return new Agent({
    allowH2: false,
    connect: (options, callback) =>
      connect({ ...options, protocol: 'http:', hostname: '127.0.0.1', port: String(port) }, callback),
  });
}

/** Serves `listener` on loopback until the test ends; the dispatcher leads every host there. */
export async function serve(t: TestContext, listener: RequestListener): Promise<Dispatcher> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = loopbackDispatcher((server.address() as AddressInfo).port);
  t.after(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  });
  return dispatcher;
}

/** A fetcher of pages that `listener` serves for two hosts; robots.txt is theirs to serve only if they ask for it. */
export async function loopbackFetcher(
  t: TestContext,
  listener: RequestListener,
  { servesRobots = false, ...options }: Partial<PageFetcherOptions> & { servesRobots?: boolean } = {},
): Promise<PageFetcher> {
  const dispatcher = await serve(t, (request, response) => {
    if (request.url === '/robots.txt' && !servesRobots) response.writeHead(404).end();
    else listener(request, response);
  });
  return createPageFetcher({
    dispatcher,
    gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
    robots: createRobots(),
    allowedHosts: new Set(['www.gov.br', 'agenciabrasil.ebc.com.br']),
    userAgent: testAgent,
    timeoutMs: 5000,
    maxBytes: 100_000,
    now: () => new Date('2026-03-01T12:00:00Z'),
    retryDelayMs: 1,
    ...options,
  });
}
