import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { createGuardedDispatcher } from '../../../../functions/scrape/fetch/address-guard.ts';
import { createPageFetcher } from '../../../../functions/scrape/fetch/fetch-page.ts';
import { createHostGate } from '../../../../functions/scrape/fetch/host-gate.ts';
import { createRobots } from '../../../../functions/scrape/fetch/robots.ts';
import type { FetchPage } from '../../../../functions/scrape/page.ts';
import { serve } from './loopback.ts';

/** What no listing, no link and no redirect may lead us to ask. */
const hostileUrls = [
  'ftp://www.gov.br/x',
  'file:///etc/passwd',
  'https://localhost/x',
  'https://127.0.0.1/x',
  'https://2130706433/x',
  'https://[::1]/x',
  'https://169.254.169.254/computeMetadata/v1/',
  'https://www.gov.br.evil.example/x',
  'https://evil.example/?www.gov.br',
  'https://user:secret@www.gov.br/x',
  'https://www.gov.br:8443/x',
  'https://www.gov.br@evil.example/',
  'https://0x7f000001/x',
  'https://0x7f.0.0.1/x',
  'https://017700000001/x',
  'https://0177.0.0.1/x',
  'https://127.1/x',
  'https://0/x',
  'https://0.0.0.0/x',
  'https://10.0.0.1/x',
  'https://192.168.0.1/x',
  'https://172.16.0.1/x',
  'https://100.64.0.1/x',
  'https://[::]/x',
  'https://[::ffff:127.0.0.1]/x',
  'https://[::ffff:7f00:1]/x',
  'https://[::127.0.0.1]/x',
  'https://[64:ff9b::7f00:1]/x',
  'https://[2002:7f00:1::]/x',
  'https://[fd00::1]/x',
  'https://[fe80::1]/x',
  'https://①②⑦.⓪.⓪.①/x',
  'https://１２７。０。０。１/x',
  'https://localhost./x',
  'https://metadata.google.internal/x',
  'https://www.gov.br./x',
  'https://www.gov.br%2eevil.example/x',
  'https://www.gov.br%00.evil.example/x',
  'https://evil.example\\@www.gov.br/x',
  'https://evil.example#@www.gov.br/x',
  'https://evil.example?@www.gov.br/x',
  'https://www-gov.br/x',
  'https://xn--www-gov-9za.br/x',
  'https://wwẇ.gov.br/x',
  'https://gov.br/x',
  'https://sub.www.gov.br/x',
  'https://@evil.example:443@www.gov.br:444/x',
  'https://www.gov.br:0/x',
  'https://www.gov.br:80/x',
  'https://:secret@www.gov.br/x',
  '//evil.example/x',
  'gopher://www.gov.br/x',
  'data:text/html,x',
  'javascript:x',
  'blob:https://www.gov.br/x',
  'view-source:https://www.gov.br/x',
  'ws://www.gov.br/x',
  'https:///evil.example/x',
  'https://[::ffff:10.0.0.1]/x',
  'https://[::ffff:169.254.169.254]/x',
  'https://[64:ff9b::169.254.169.254]/x',
  'https://[2002:a9fe:a9fe::]/x',
  'https://[fe80::1%25lo]/x',
  'https://[fd20:ce::254]/x',
  'https://[ff02::1]/x',
  'https://localhost.localdomain/x',
  'https://127.0.0.1.nip.io/x',
  'https://www.gov.br:443@127.0.0.1/x',
  'https:\\\\127.0.0.1\\x',
  'https:127.0.0.1/x',
  ' https://127.0.0.1/x',
  'https://127.0.0.1\t/x',
  'wss://www.gov.br/x',
  'unix:/var/run/docker.sock',
  'about:blank',
];

/** Names of a source whose address is none of the public internet, in every way that it may be written. */
const hostileAddresses = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  'fc00::1',
  'fd20:ce::254',
  'fe80::1',
  'fe80::1%lo',
  'ff02::1',
];

interface Trap {
  /** Whatever it is asked for is asked of the listener on loopback, through the guard and the given resolver. */
  dispatcher: Dispatcher;
  connections(): number;
}

type Lookup = (hostname: string) => readonly string[];

/** A listener on loopback that counts who gets through to it. */
async function setTrap(t: TestContext, lookup: Lookup): Promise<Trap & { port: number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const guarded = createGuardedDispatcher((hostname, _options, callback) => {
    const addresses: LookupAddress[] = lookup(hostname).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    process.nextTick(callback, null, addresses);
  });
  t.after(async () => {
    await guarded.destroy();
    server.close();
  });
  const dispatcher = guarded.compose((dispatch) => (options, handler) => {
    const origin = new URL(String(options.origin));
    origin.port = String(port);
    return dispatch({ ...options, origin: origin.origin }, handler);
  });
  return { dispatcher, connections: () => connections, port };
}

function fetcherOf(dispatcher: Dispatcher): FetchPage {
  return createPageFetcher({
    dispatcher,
    gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
    robots: createRobots(),
    allowedHosts: new Set(['www.gov.br', 'internal.gov.br']),
    userAgent: 'Test/1.0',
    timeoutMs: 500,
    maxBytes: 100_000,
    now: () => new Date(),
    retryDelayMs: 1,
  }).fetchPage;
}

/** Leads every name to loopback, and keeps the names that were asked for. */
function toLoopback(asked: string[]): Lookup {
  return (hostname) => {
    asked.push(hostname);
    return ['127.0.0.1'];
  };
}

const refused = { category: 'url_broken' };

test('the trap catches who has no guard', async (t) => {
  const { connections, port } = await setTrap(t, toLoopback([]));
  const connect = buildConnector({});
  const open = new Agent({ connect: (options, callback) => connect({ ...options, hostname: '127.0.0.1' }, callback) });
  t.after(() => open.destroy());
  await assert.rejects(request(`https://www.gov.br:${port}/`, { dispatcher: open }));
  assert.equal(connections(), 1);
});

test('no hostile address of a listing reaches a socket', async (t) => {
  const names: string[] = [];
  const { dispatcher, connections } = await setTrap(t, toLoopback(names));
  const fetchPage = fetcherOf(dispatcher);
  for (const url of [
    ...hostileUrls,
    'http://www.gov.br/x',
    '/relative',
    '',
    `https://www.gov.br/${'x'.repeat(5000)}`,
  ]) {
    await assert.rejects(fetchPage(url, 'text/html'), { name: 'RefusedUrlError', ...refused }, url);
  }
  assert.equal(connections(), 0);
  assert.deepEqual(names, [], 'nor is any name looked up');
  assert.ok(hostileUrls.length >= 40);
});

test('no redirect to a hostile address reaches a socket', async (t) => {
  const names: string[] = [];
  const { dispatcher: trap, connections } = await setTrap(t, toLoopback(names));
  const asked: string[] = [];
  const site = await serve(t, (request, response) => {
    if (request.url === '/robots.txt') return response.writeHead(404).end();
    asked.push(request.url!);
    // Servers write an address into the header byte by byte, as it is.
    const text = Buffer.from(decodeURIComponent(request.url!.slice('/start/'.length)));
    response.writeHead(302, { location: text.toString('latin1') }).end();
  });
  // The site is asked for its redirects alone; all that comes after goes into the trap.
  const dispatcher = trap.compose((dispatch) => (options, handler) => {
    const isSite = options.origin === 'https://www.gov.br' && /^\/(?:start\/|robots)/.test(options.path);
    return isSite ? site.dispatch(options, handler) : dispatch(options, handler);
  });
  const fetchPage = fetcherOf(dispatcher);
  // Some of them, read against the page that redirects, are addresses of that page's own host.
  const targets = hostileUrls.filter((text) => {
    const url = URL.parse(text, 'https://www.gov.br/start/x');
    return url?.origin !== 'https://www.gov.br' || url.username + url.password !== '';
  });
  for (const url of [...targets, 'https://internal.gov.br/x', 'http://internal.gov.br/x', '//internal.gov.br/x']) {
    const start = `https://www.gov.br/start/${encodeURIComponent(url)}`;
    await assert.rejects(fetchPage(start, 'text/html'), refused, url);
  }
  assert.equal(asked.length, targets.length + 3);
  assert.equal(connections(), 0);
  assert.deepEqual([...new Set(names)], ['internal.gov.br'], 'no name is looked up but that of a source');
  assert.ok(targets.length >= 40);
});

test('a source whose name leads into a private network is not asked, not even twice', async (t) => {
  let addresses: readonly string[] = [];
  let lookups = 0;
  const { dispatcher, connections } = await setTrap(t, () => {
    lookups += 1;
    return addresses;
  });
  const fetchPage = fetcherOf(dispatcher);
  for (const address of hostileAddresses) {
    for (addresses of [[address], ['8.8.8.8', address], [address, '2606:4700::1111']]) {
      const page = `https://www.gov.br/${lookups}`;
      const seen = lookups;
      await assert.rejects(fetchPage(page, 'text/html'), { name: 'RefusedUrlError', ...refused }, String(addresses));
      // Once for robots.txt and once for the page, or once where the first answer is remembered.
      assert.ok(lookups - seen <= 2, `${lookups - seen} look-ups of ${addresses}`);
    }
  }
  assert.equal(connections(), 0);
});

test('a name that changes between check and connection gains nothing', async (t) => {
  const answers = [['2d00::1'], ['127.0.0.1']];
  const seen: string[][] = [];
  const { dispatcher, connections } = await setTrap(t, () => {
    const answer = answers[seen.length] ?? ['127.0.0.1'];
    seen.push(answer);
    return answer;
  });
  // The first answer passes the check, and it is what is connected to: no network is routed there.
  await assert.rejects(request('https://www.gov.br/', { dispatcher, signal: AbortSignal.timeout(300) }));
  assert.deepEqual(seen, [['2d00::1']]);
  // Another origin, for the first one may still be connecting.
  await assert.rejects(request('https://internal.gov.br/', { dispatcher }), { name: 'RefusedUrlError' });
  assert.equal(connections(), 0);
});
