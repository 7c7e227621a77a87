import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as send } from 'undici';
import type { Random } from './sites/random.ts';

/** One instance of a function. */
export interface Backend {
  url: string;
  /** Requests that it takes at a time. */
  concurrency: number;
}

export interface GatewayOptions {
  /** The instances of a function that live now. */
  backends(name: string): readonly Backend[];
  /** Draws what is doubled and what waits. */
  random: Random;
  /** Share of the deliveries that reach the function twice, at different times. Default 0. */
  duplicateShare?: number;
  /** Share of the deliveries that wait at random, and so pass each other. Default 0. */
  delayShare?: number;
  maxDelayMs?: number;
}

export interface GatewayCounts {
  requests: number;
  /** Deliveries made a second time. */
  duplicates: number;
  /** Answered 429: all instances full, or told to. */
  refused: number;
  /** Answered 503: no instance, or it died with the request. */
  died: number;
}

export interface Gateway {
  url: string;
  counts: Readonly<GatewayCounts>;
  /** Answers everything 429 for so long. */
  refuseFor(ms: number): void;
  /** Doubles, delays and refuses nothing from now on, but what is full. */
  calm(): void;
  close(): Promise<void>;
}

/**
 * Stands in front of function instances as Cloud Run does, on 127.0.0.1: `/NAME` goes to an instance of that function
 * with room. 429 when all are full, 503 when there is none or it dies with the request. No request is tried twice.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { backends, random, maxDelayMs = 300 } = options;
  let { duplicateShare = 0, delayShare = 0 } = options;
  const counts: GatewayCounts = { requests: 0, duplicates: 0, refused: 0, died: 0 };
  const inFlight = new Map<string, number>();
  const copies = new Set<Promise<unknown>>();
  let refuseUntil = 0;

  async function forward(name: string, body: string): Promise<{ status: number; body: string }> {
    if (random.chance(delayShare)) await sleep(random.integer(1, maxDelayMs));
    const living = backends(name);
    const free = living.filter(({ url, concurrency }) => (inFlight.get(url) ?? 0) < concurrency);
    if (performance.now() < refuseUntil || (living.length > 0 && free.length === 0)) {
      counts.refused += 1;
      return { status: 429, body: '' };
    }
    if (free.length === 0) {
      counts.died += 1;
      return { status: 503, body: '' };
    }
    const { url } = random.pick(free);
    inFlight.set(url, (inFlight.get(url) ?? 0) + 1);
    try {
      const answer = await send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return { status: answer.statusCode, body: await answer.body.text() };
    } catch {
      counts.died += 1;
      return { status: 503, body: '' };
    } finally {
      inFlight.set(url, inFlight.get(url)! - 1);
    }
  }

  function copy(name: string, body: string): void {
    counts.duplicates += 1;
    const copied = sleep(random.integer(0, 2 * maxDelayMs)).then(() => forward(name, body));
    copies.add(copied);
    void copied.finally(() => copies.delete(copied));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const name = new URL(request.url ?? '/', 'http://gateway').pathname.slice(1);
    counts.requests += 1;
    if (random.chance(duplicateShare)) copy(name, body);
    const answer = await forward(name, body);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    refuseFor: (ms) => {
      refuseUntil = performance.now() + ms;
    },
    calm: () => {
      duplicateShare = 0;
      delayShare = 0;
      refuseUntil = 0;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, ...copies]);
    },
  };
}
