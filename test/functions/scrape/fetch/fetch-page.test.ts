import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createHostGate, type HostGate } from '../../../../functions/scrape/fetch/host-gate.ts';
import { PermanentError, RetryableError } from '../../../../shared/errors.ts';
import { loopbackFetcher, testAgent } from './loopback.ts';

const now = new Date('2026-03-01T12:00:00Z');

/** Lets everything through: what one answer asks for must not touch the next request. */
const openGate: HostGate = { run: (_host, work) => work(), deferHost: async () => {} };

/** Answers each path with its statuses one after the other, the last one for good; counts what is asked. */
function statuses(asked: string[]): RequestListener {
  return (request, response) => {
    const [, list = '', retryAfter = ''] = request.url!.split('/');
    const codes = list.split(',');
    const count = asked.filter((url) => url === request.url).length;
    asked.push(request.url!);
    const status = codes[count] ?? codes.at(-1)!;
    if (status === 'cut') return request.socket.destroy();
    const headers = retryAfter ? { 'retry-after': decodeURIComponent(retryAfter) } : {};
    response.writeHead(Number(status), headers).end('x');
  };
}

test('a page comes with its final address, its text and the time', async (t) => {
  const asked: unknown[] = [];
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    asked.push([request.headers.host, request.url, request.headers['user-agent'], request.headers.accept]);
    if (request.url === '/a') return response.writeHead(301, { location: '/b#x' }).end('moved');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'set-cookie': ['a=1', 'b=2'] });
    response.end('<p>ação</p>');
  });
  const page = await fetchPage('https://www.gov.br/a', 'text/html');
  for (const name of ['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
    delete page.headers[name];
  assert.deepEqual(page, {
    requestedUrl: 'https://www.gov.br/a',
    url: 'https://www.gov.br/b',
    contentType: 'text/html; charset=utf-8',
    body: '<p>ação</p>',
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'set-cookie': 'a=1, b=2' },
    bytes: Buffer.from('<p>ação</p>'),
    fetchedAt: now,
  });
  assert.deepEqual(asked[1], ['www.gov.br', '/b', testAgent, 'text/html']);
});

test('text is decoded by what the page says of itself', async (t) => {
  const cases: Record<string, [contentType: string, body: Buffer]> = {
    '/header': ['text/html; charset="ISO-8859-1"', Buffer.from('a\xe7\xe3o \x93x\x94', 'latin1')],
    '/meta': [
      'text/html',
      Buffer.from('<meta charset="iso-8859-1"><p>a\xe7\xe3o “x”'.replace('“x”', '\x93x\x94'), 'latin1'),
    ],
    '/equiv': [
      'text/html',
      Buffer.from(
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252" /><p>a\xe7\xe3o \x93x\x94',
        'latin1',
      ),
    ],
    '/bom': ['text/html; charset=iso-8859-1', Buffer.from('\ufeffação “x”')],
    '/json': ['application/json', Buffer.from('{"html":"<meta charset=iso-8859-1>"} ação “x”')],
    '/utf8': ['text/html', Buffer.from('ação “x”')],
    '/unsaid': ['text/html', Buffer.from('a\xe7\xe3o \x93x\x94', 'latin1')],
    '/unknown': ['text/html; charset=klingon', Buffer.from('ação “x”')],
  };
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    const [contentType, body] = cases[request.url!]!;
    response.writeHead(200, { 'content-type': contentType }).end(body);
  });
  for (const path of Object.keys(cases)) {
    const { body } = await fetchPage(`https://www.gov.br${path}`, 'text/html');
    assert.match(body, /ação “x”$/, path);
    assert.doesNotMatch(body, /^\ufeff/);
  }
});

test('compressed bodies are read, bombs and endless bodies are refused while they stream', async (t) => {
  const zeros = Buffer.alloc(50_000_000);
  const bodies: Record<string, [encoding: string, body: Buffer]> = {
    '/gzip': ['gzip', gzipSync('<p>ok</p>')],
    '/br': ['br', brotliCompressSync('<p>ok</p>')],
    '/zstd': ['zstd', zstdCompressSync('<p>ok</p>')],
    '/bomb': ['gzip', gzipSync(zeros)],
    '/bomb-br': ['br', brotliCompressSync(zeros)],
    '/bomb-zstd': ['zstd', zstdCompressSync(zeros)],
    '/bomb-deflate': ['deflate', deflateSync(zeros)],
    '/bomb-twice': ['gzip, gzip', gzipSync(gzipSync(zeros))],
    '/bomb-mixed': ['br, gzip', gzipSync(brotliCompressSync(zeros))],
    // A frame that asks for a window of 128 MB.
    '/wide-zstd': ['zstd', Buffer.from('28b52ffd0088010000', 'hex')],
    '/odd': ['compress', Buffer.from('x')],
    '/constructor': ['constructor', Buffer.from('x')],
    '/broken': ['gzip', gzipSync('<p>ok</p>').subarray(0, 15)],
  };
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    if (request.url === '/endless') {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(20_000)), 1);
      response.on('close', () => clearInterval(timer));
      return;
    }
    const [encoding, body] = bodies[request.url!]!;
    response.writeHead(200, { 'content-encoding': encoding }).end(body);
  });
  const get = (path: string) => fetchPage(`https://www.gov.br${path}`, 'text/html');
  for (const path of ['/gzip', '/br', '/zstd']) assert.equal((await get(path)).body, '<p>ok</p>', path);
  const refused = Object.keys(bodies).filter((path) => /bomb|odd|constructor/.test(path));
  for (const path of [...refused, '/endless']) {
    await assert.rejects(get(path), { name: 'PageLimitError', category: 'unknown' }, path);
  }
  for (const path of ['/broken', '/wide-zstd']) {
    await assert.rejects(get(path), { name: 'NetworkError', category: 'network_error' }, path);
  }
});

test('statuses become errors that say what happens to the message', async (t) => {
  const { fetchPage } = await loopbackFetcher(t, statuses([]), { gate: openGate });
  const fails = async (path: string, kind: typeof RetryableError, properties: object) => {
    const error = await fetchPage(`https://www.gov.br/${path}`, 'text/html').then(
      () => assert.fail(path),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof kind, path);
    for (const [name, value] of Object.entries(properties)) {
      assert.deepEqual((error as unknown as Record<string, unknown>)[name], value, `${path} ${name}`);
    }
  };
  for (const status of [401, 403, 404, 410]) {
    await fails(`${status}`, PermanentError, { name: 'BrokenUrlError', category: 'url_broken', status });
  }
  for (const status of [500, 502, 503, 504]) {
    await fails(`${status}`, RetryableError, { name: 'HttpStatusError', category: 'network_error', status });
  }
  await fails('400', RetryableError, { name: 'HttpStatusError', category: 'unknown', url: 'https://www.gov.br/400' });
  await fails('429', RetryableError, { name: 'RateLimitedError', retryAfterMs: null });
  await fails('429/120', RetryableError, { name: 'RateLimitedError', retryAfterMs: 120_000 });
  await fails('503/Sun, 01 Mar 2026 12:01:00 GMT', RetryableError, { name: 'RateLimitedError', retryAfterMs: 60_000 });
  await fails('429/Sun, 01 Mar 2026 11:00:00 GMT', RetryableError, { retryAfterMs: 0 });
  await fails('429/99999999999999999999', RetryableError, { retryAfterMs: null });
  for (const text of ['amanhã', '1.5', '-5']) await fails(`429/${text}`, RetryableError, { retryAfterMs: null });
});

test('a challenge is named as such whatever its status', async (t) => {
  const { fetchPage } = await loopbackFetcher(t, (_request, response) => {
    response.writeHead(403).end('<html><head><title>Just a moment...</title></head><body></body></html>');
  });
  await assert.rejects(fetchPage('https://www.gov.br/x', 'text/html'), { name: 'AntiBotError', category: 'anti_bot' });
});

test('a redirect may name its target in plain letters, relative to itself', async (t) => {
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    const location = Buffer.from('../notícias/ação?x=ã').toString('latin1');
    if (request.url === '/a/b') return response.writeHead(302, { location }).end();
    response.end('fim');
  });
  const { url } = await fetchPage('https://www.gov.br/a/b', 'text/html');
  assert.equal(decodeURI(url), 'https://www.gov.br/notícias/ação?x=ã');
});

test('redirects end: in a page after five, in an error after more', async (t) => {
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    const left = Number(request.url!.slice(1));
    if (left > 0) return response.writeHead(302, { location: `http://agenciabrasil.ebc.com.br/${left - 1}` }).end();
    if (left < 0) return response.writeHead(302).end();
    response.end('fim');
  });
  const page = await fetchPage('https://www.gov.br/5', 'text/html');
  assert.equal(page.url, 'https://agenciabrasil.ebc.com.br/0', 'and http is asked as https');
  await assert.rejects(fetchPage('https://www.gov.br/6', 'text/html'), { name: 'BrokenUrlError' });
  await assert.rejects(fetchPage('https://www.gov.br/-1', 'text/html'), { name: 'BrokenUrlError' });
});

test('silence and broken connections are network errors, in time', async (t) => {
  const { fetchPage } = await loopbackFetcher(
    t,
    (request, response) => {
      if (request.url === '/cut') return request.socket.destroy();
      if (request.url === '/half') response.writeHead(200, { 'content-length': '100' }).write('x');
    },
    { timeoutMs: 200 },
  );
  for (const path of ['/cut', '/half', '/silent']) {
    await assert.rejects(
      fetchPage(`https://www.gov.br${path}`, 'text/html'),
      { name: 'NetworkError', category: 'network_error' },
      path,
    );
  }
});

test('a retry is made where it can help, and twice at most', async (t) => {
  const asked: string[] = [];
  const { fetchPage } = await loopbackFetcher(t, statuses(asked));
  const requests = async (path: string) => {
    asked.length = 0;
    const outcome = await fetchPage(`https://www.gov.br/${path}`, 'text/html').then(
      () => 'page',
      (error: Error) => error.name,
    );
    return [outcome, asked.length];
  };
  for (const path of ['503,200', 'cut,200', '408,500,200', '425,cut,200', '502,504,200']) {
    assert.deepEqual(await requests(path), ['page', path.split(',').length], path);
  }
  assert.deepEqual(await requests('500,500,500,200'), ['HttpStatusError', 3]);
  assert.deepEqual(await requests('cut,cut,cut,200'), ['NetworkError', 3]);
  for (const status of [400, 401, 403, 404, 410, 418, 429]) {
    const [outcome, count] = await requests(`${status},200`);
    assert.equal(count, 1, `${status} ${outcome}`);
  }
});

test('a challenge is not asked again, nor an answer that is too large', async (t) => {
  let asked = 0;
  const { fetchPage } = await loopbackFetcher(t, (request, response) => {
    asked += 1;
    if (request.url === '/large') return response.end(Buffer.alloc(200_000));
    response.writeHead(503).end('<html><head><title>Just a moment...</title></head><body></body></html>');
  });
  await assert.rejects(fetchPage('https://www.gov.br/x', 'text/html'), { name: 'AntiBotError' });
  await assert.rejects(fetchPage('https://www.gov.br/large', 'text/html'), { name: 'PageLimitError' });
  assert.equal(asked, 2);
});

test('a short Retry-After is waited for, and by all that ask the host', async (t) => {
  const times: Record<string, number[]> = {};
  const gate = createHostGate({ maxInFlight: 2, minIntervalMs: 0 });
  const { fetchPage } = await loopbackFetcher(
    t,
    (request, response) => {
      const seen = [...(times[request.url!] ?? []), performance.now()];
      times[request.url!] = seen;
      if (request.url === '/limited' && seen.length === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end('x');
    },
    { gate },
  );
  const limited = fetchPage('https://www.gov.br/limited', 'text/html');
  while (!times['/limited']) await delay(1);
  await delay(50);
  await Promise.all([limited, fetchPage('https://www.gov.br/other', 'text/html')]);
  const [first = 0, second = 0] = times['/limited']!;
  assert.ok(second - first >= 995, `${second - first} ms`);
  assert.ok(times['/other']![0]! - first >= 995);
});

test('a long Retry-After ends the request at once, and others do not even ask', async (t) => {
  const asked: string[] = [];
  const { fetchPage } = await loopbackFetcher(t, statuses(asked));
  await assert.rejects(fetchPage('https://www.gov.br/503/600', 'text/html'), {
    name: 'RateLimitedError',
    retryAfterMs: 600_000,
  });
  const error = await fetchPage('https://www.gov.br/200', 'text/html').catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RetryableError && 'retryAfterMs' in error);
  assert.ok(Math.abs((error.retryAfterMs as number) - 600_000) < 5000);
  assert.deepEqual(asked, ['/503/600']);
  await fetchPage('https://agenciabrasil.ebc.com.br/200', 'text/html');
});

test('a page that was fetched before is asked for its changes', async (t) => {
  const asked: IncomingMessage['headers'][] = [];
  const { fetchPage, fetchIfChanged } = await loopbackFetcher(t, (request, response) => {
    asked.push(request.headers);
    if (request.url === '/moved') return response.writeHead(301, { location: '/elsewhere' }).end();
    const isKnown = request.headers['if-none-match'] === '"v1"' || request.headers['if-modified-since'] === 'ontem';
    if (isKnown || request.url === '/odd') return response.writeHead(304).end();
    response.writeHead(200, { etag: '"v2"' }).end('novo');
  });
  const ask = (path: string, etag: string | null, lastModified: string | null) =>
    fetchIfChanged(`https://www.gov.br${path}`, 'text/html', { etag, lastModified });
  assert.equal(await ask('/a', '"v1"', null), null);
  assert.equal(await ask('/a', null, 'ontem'), null);
  const changed = await ask('/a', '"v0"', 'anteontem');
  assert.deepEqual([changed?.body, changed?.headers.etag], ['novo', '"v2"']);
  assert.deepEqual([asked[2]!['if-none-match'], asked[2]!['if-modified-since']], ['"v0"', 'anteontem']);
  // What we know of one address is not held against another one.
  assert.equal((await ask('/moved', '"v1"', 'ontem'))?.body, 'novo');
  // A header that cannot be sent is left out.
  assert.equal((await ask('/a', '"v1"\r\nx: y', 'ontem\u0100'))?.body, 'novo');
  await assert.rejects(ask('/odd', null, null), { name: 'HttpStatusError', status: 304 });
  await assert.rejects(fetchPage('https://www.gov.br/odd', 'text/html'), { name: 'HttpStatusError', status: 304 });
});

test('the end of a run ends what waits and what is under way, with its reason', async (t) => {
  const end = new AbortController();
  const { fetchPage } = await loopbackFetcher(
    t,
    (request, response) => {
      if (request.url === '/limited') response.writeHead(429, { 'retry-after': '20' }).end();
    },
    { signal: end.signal, gate: createHostGate({ maxInFlight: 1, minIntervalMs: 0 }) },
  );
  const reason = new RetryableError('the run is over');
  const pending = [
    fetchPage('https://www.gov.br/limited', 'text/html'),
    fetchPage('https://www.gov.br/queued', 'text/html'),
    fetchPage('https://agenciabrasil.ebc.com.br/silent', 'text/html'),
  ].map((promise) => promise.catch((error: unknown) => error));
  await delay(100);
  end.abort(reason);
  assert.deepEqual(await Promise.all(pending), [reason, reason, reason]);
  await assert.rejects(fetchPage('https://www.gov.br/later', 'text/html'), reason);
});
