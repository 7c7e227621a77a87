import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { createHostGate, type HostGate } from '../../../../functions/scrape/fetch/host-gate.ts';
import { createRobots, MAX_ROBOTS_BYTES } from '../../../../functions/scrape/fetch/robots.ts';
import { PermanentError, RetryableError } from '../../../../shared/errors.ts';
import { loopbackFetcher } from './loopback.ts';

const page = 'https://www.gov.br/mec/pt-br/noticias/x';
const url = new URL(page);
const hour = 3_600_000;

function serving(asked: string[], robots: RequestListener): RequestListener {
  return (request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    if (request.url === '/robots.txt') robots(request, response);
    else if (request.url === '/moved') response.writeHead(302, { location: '/private/x' }).end();
    else response.end('x');
  };
}

test('robots.txt is read once a host, and what it disallows is not asked, redirects included', async (t) => {
  const asked: string[] = [];
  const text = 'User-agent: *\nDisallow: /private/\nDisallow: /*/@@sharing$\nAllow: /private/open\n';
  const listener = serving(asked, (_request, response) => response.end(text));
  const { fetchPage, fetchIfChanged } = await loopbackFetcher(t, listener, { servesRobots: true });
  const refused = { name: 'RefusedUrlError', category: 'url_broken', message: /robots\.txt/ };
  await Promise.all([fetchPage(page, 'text/html'), fetchPage('https://www.gov.br/private/open', 'text/html')]);
  for (const path of ['private/x', 'private/', 'moved', 'mec/@@sharing']) {
    await assert.rejects(fetchPage(`https://www.gov.br/${path}`, 'text/html'), refused, path);
  }
  const validators = { etag: '"1"', lastModified: null };
  await assert.rejects(fetchIfChanged('https://www.gov.br/private/x', 'text/html', validators), refused);
  await fetchPage('https://www.gov.br/mec/@@sharing/mais', 'text/html');
  await assert.rejects(fetchPage('https://agenciabrasil.ebc.com.br/private/x', 'text/html'), refused);
  assert.deepEqual(asked.toSorted(), [
    'agenciabrasil.ebc.com.br/robots.txt',
    'www.gov.br/mec/@@sharing/mais',
    'www.gov.br/mec/pt-br/noticias/x',
    'www.gov.br/moved',
    'www.gov.br/private/open',
    'www.gov.br/robots.txt',
  ]);
});

test('a host without rules allows everything, one that fails allows nothing', async (t) => {
  const outcome = async (robots: RequestListener) => {
    const asked: string[] = [];
    const { fetchPage } = await loopbackFetcher(t, serving(asked, robots), { servesRobots: true, timeoutMs: 200 });
    const error = await fetchPage(page, 'text/html').then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.equal(
      asked.some((url) => url.endsWith('/x')),
      error === null,
    );
    return error;
  };
  for (const status of [400, 401, 403, 404, 410, 451]) {
    assert.equal(await outcome((_request, response) => response.writeHead(status).end('Disallow: /')), null);
  }
  for (const location of ['https://sso.acesso.gov.br/login', '/robots.txt', 'http://127.0.0.1/robots.txt', '']) {
    assert.equal(await outcome((_request, response) => response.writeHead(302, { location }).end()), null, location);
  }
  for (const robots of [
    (_request, response) => response.writeHead(503).end(),
    (_request, response) => response.writeHead(429).end(),
    (request) => request.socket.destroy(),
    () => {},
    (_request, response) => response.end('<title>Request Rejected</title>The requested URL was rejected.'),
  ] as RequestListener[]) {
    const error = await outcome(robots);
    assert.ok(error instanceof RetryableError && !(error instanceof PermanentError), String(error));
  }
});

test('a robots.txt is found behind a redirect and counts for the host that was asked', async (t) => {
  const listener = serving([], (request, response) => {
    if (request.headers.host === 'www.gov.br') {
      response.writeHead(301, { location: 'https://agenciabrasil.ebc.com.br/robots.txt' }).end();
    } else response.end('User-agent: Test\nDisallow: /mec\nUser-agent: *\nDisallow:');
  });
  const { fetchPage } = await loopbackFetcher(t, listener, { servesRobots: true });
  await assert.rejects(fetchPage(page, 'text/html'), { name: 'RefusedUrlError' });
  await fetchPage('https://www.gov.br/ibge', 'text/html');
});

test('a robots.txt over the limit is read up to it', async (t) => {
  const text = `User-agent: *\nDisallow: /mec\n${'# x\n'.repeat(MAX_ROBOTS_BYTES / 4)}Disallow: /ibge\n`;
  const listener = serving([], (_request, response) => response.end(text));
  const { fetchPage } = await loopbackFetcher(t, listener, { servesRobots: true });
  await assert.rejects(fetchPage(page, 'text/html'), { name: 'RefusedUrlError' });
  await fetchPage('https://www.gov.br/ibge', 'text/html');
});

test('a Crawl-delay raises the interval of the host, up to ten seconds', async (t) => {
  for (const [line, expected] of [
    ['Crawl-delay: 2.5', 2500],
    ['Crawl-delay: 3600', 10_000],
    ['Crawl-delay: 1e999', 10_000],
    ['Crawl-delay: -5', 0],
    ['Crawl-delay: muito', 0],
    ['Crawl-delay:', 0],
    ['', 0],
  ] as const) {
    assert.equal(await createRobots().check(url, 'Test/1.0', async () => `User-agent: *\n${line}`), expected, line);
  }
  const intervals: unknown[] = [];
  const gate: HostGate = {
    ...createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
    run: (_host, work, options) => {
      intervals.push(options?.minIntervalMs);
      return work();
    },
  };
  const listener = serving([], (_request, response) => response.end('User-agent: *\nCrawl-delay: 3'));
  const { fetchPage } = await loopbackFetcher(t, listener, { servesRobots: true, gate });
  await fetchPage(page, 'text/html');
  assert.deepEqual(intervals, [0, 3000]);
});

test('rules are renewed after an hour, kept through a failure, and dropped after a day of them', async () => {
  let clock = 0;
  let asked = 0;
  let answer: () => Promise<string | null> = async () => 'User-agent: *\nDisallow: /mec';
  const robots = createRobots({ now: () => clock });
  const check = (agent = 'Test/1.0') =>
    robots.check(url, agent, () => {
      asked += 1;
      return answer();
    });
  const isRefused = () => assert.rejects(check(), { name: 'RefusedUrlError' });
  await isRefused();
  clock += hour - 1;
  await isRefused();
  assert.equal(asked, 1);
  await assert.rejects(check('Outro/1.0'), { name: 'RefusedUrlError' });
  assert.equal(asked, 2, 'another agent has its own entry');

  answer = () => Promise.reject(new RetryableError('503'));
  clock = 2 * hour;
  await isRefused();
  await isRefused();
  assert.equal(asked, 3, 'a failure is not repeated at once');
  clock += 30_000;
  await isRefused();
  assert.equal(asked, 4);
  clock = 25 * hour;
  await assert.rejects(check(), RetryableError);
  answer = async () => null;
  await assert.rejects(check(), RetryableError);
  clock += 30_000;
  assert.equal(await check(), 0);
});

test('the rules of many hosts do not pile up', async () => {
  let asked = 0;
  const robots = createRobots();
  const check = (host: number) =>
    robots.check(new URL(`https://h${host}.gov.br/x`), 'Test', async () => {
      asked += 1;
      return null;
    });
  for (let host = 0; host < 600; host++) {
    await check(0);
    await check(host);
  }
  assert.equal(asked, 600);
  await check(1);
  assert.equal(asked, 601, 'the one not used for longest is gone');
});

test('patterns with wildcards are followed as long as all together stay short, others always', async () => {
  const isAllowed = async (path: string, text: string): Promise<boolean> => {
    const checking = createRobots().check(new URL(`https://www.gov.br/${path}`), 'Test', async () => text);
    return checking.then(
      () => true,
      (error) => {
        assert.equal(error.name, 'RefusedUrlError');
        return false;
      },
    );
  };
  for (const hostile of [
    `Disallow: /${'*a'.repeat(250_000)}\n`,
    `Allow: /${'*'.repeat(20_000)}b\n`,
    'Disallow: /*a*a*a*b\n'.repeat(1100),
  ]) {
    const text = `User-agent: *\nDisallow: /*early\n${hostile}Disallow: /*late\nDisallow: /plain`;
    assert.equal(await isAllowed('of/early', text), false);
    assert.equal(await isAllowed('of/late', text), true, hostile.slice(0, 40));
    assert.equal(await isAllowed('plain', text), false);
  }
  const long = `User-agent: *\n${`Disallow: /${'a'.repeat(3900)}b\n`.repeat(125)}Disallow: /*late`;
  assert.equal(await isAllowed('of/late', long), false, 'plain ones take nothing from them');
});
