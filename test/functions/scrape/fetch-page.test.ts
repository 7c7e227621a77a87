import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createFetchPage } from '../../../functions/scrape/fetch-page.ts';
import { createHostGate } from '../../../functions/scrape/host-gate.ts';
import type { FetchPage } from '../../../functions/scrape/page.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { serve } from './loopback.ts';

const now = new Date('2026-03-01T12:00:00Z');

async function fetcher(t: TestContext, listener: RequestListener, timeoutMs = 5000): Promise<FetchPage> {
  return createFetchPage({
    dispatcher: await serve(t, listener),
    gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
    allowedHosts: new Set(['www.gov.br', 'agenciabrasil.ebc.com.br']),
    userAgent: 'Test/1.0 (+https://exemplo.org)',
    timeoutMs,
    maxBytes: 100_000,
    now: () => now,
  });
}

test('a page comes with its final address, its text and the time', async (t) => {
  const asked: unknown[] = [];
  const fetchPage = await fetcher(t, (request, response) => {
    asked.push([request.headers.host, request.url, request.headers['user-agent'], request.headers.accept]);
    if (request.url === '/a') return response.writeHead(301, { location: '/b#x' }).end('moved');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>ação</p>');
  });
  assert.deepEqual(await fetchPage('https://www.gov.br/a', 'text/html'), {
    requestedUrl: 'https://www.gov.br/a',
    url: 'https://www.gov.br/b',
    contentType: 'text/html; charset=utf-8',
    body: '<p>ação</p>',
    fetchedAt: now,
  });
  assert.deepEqual(asked[1], ['www.gov.br', '/b', 'Test/1.0 (+https://exemplo.org)', 'text/html']);
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
  const fetchPage = await fetcher(t, (request, response) => {
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
    '/bomb': ['gzip', gzipSync(zeros)],
    '/bomb-br': ['br', brotliCompressSync(zeros)],
    '/odd': ['compress', Buffer.from('x')],
    '/broken': ['gzip', gzipSync('<p>ok</p>').subarray(0, 15)],
  };
  const fetchPage = await fetcher(t, (request, response) => {
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
  assert.equal((await get('/gzip')).body, '<p>ok</p>');
  assert.equal((await get('/br')).body, '<p>ok</p>');
  for (const path of ['/bomb', '/bomb-br', '/odd', '/endless']) {
    await assert.rejects(get(path), { name: 'PageLimitError', category: 'unknown' }, path);
  }
  await assert.rejects(get('/broken'), { name: 'NetworkError', category: 'network_error' });
});

test('statuses become errors that say what happens to the message', async (t) => {
  const fetchPage = await fetcher(t, (request, response) => {
    const [, status = '', retryAfter = ''] = request.url!.split('/');
    response.writeHead(Number(status), retryAfter ? { 'retry-after': decodeURIComponent(retryAfter) } : {}).end('x');
  });
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
  await fails('429/amanhã', RetryableError, { retryAfterMs: null });
});

test('a challenge is named as such whatever its status', async (t) => {
  const fetchPage = await fetcher(t, (_request, response) => {
    response.writeHead(403).end('<html><head><title>Just a moment...</title></head><body></body></html>');
  });
  await assert.rejects(fetchPage('https://www.gov.br/x', 'text/html'), { name: 'AntiBotError', category: 'anti_bot' });
});

test('addresses outside the rules are refused before and after redirects', async (t) => {
  const asked: string[] = [];
  const fetchPage = await fetcher(t, (request, response) => {
    asked.push(request.url!);
    // Servers write an address into the header byte by byte, as it is.
    const location = Buffer.from(decodeURIComponent(request.url!.slice(1))).toString('latin1');
    response.writeHead(302, { location }).end();
  });
  const hostile = [
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
  ];
  for (const url of [...hostile, 'http://www.gov.br/x', '/relative', '']) {
    await assert.rejects(fetchPage(url, 'text/html'), { name: 'RefusedUrlError', category: 'url_broken' }, url);
  }
  assert.deepEqual(asked, []);
  for (const url of hostile) {
    const start = `https://www.gov.br/${encodeURIComponent(url)}`;
    await assert.rejects(fetchPage(start, 'text/html'), { category: 'url_broken' }, url);
  }
  assert.equal(asked.length, hostile.length);
});

test('a redirect may name its target in plain letters, relative to itself', async (t) => {
  const fetchPage = await fetcher(t, (request, response) => {
    const location = Buffer.from('../notícias/ação?x=ã').toString('latin1');
    if (request.url === '/a/b') return response.writeHead(302, { location }).end();
    response.end('fim');
  });
  const { url } = await fetchPage('https://www.gov.br/a/b', 'text/html');
  assert.equal(decodeURI(url), 'https://www.gov.br/notícias/ação?x=ã');
});

test('redirects end: in a page after five, in an error after more', async (t) => {
  const fetchPage = await fetcher(t, (request, response) => {
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
  const fetchPage = await fetcher(
    t,
    (request, response) => {
      if (request.url === '/cut') return request.socket.destroy();
      if (request.url === '/half') response.writeHead(200, { 'content-length': '100' }).write('x');
    },
    200,
  );
  for (const path of ['/cut', '/half', '/silent']) {
    await assert.rejects(
      fetchPage(`https://www.gov.br${path}`, 'text/html'),
      { name: 'NetworkError', category: 'network_error' },
      path,
    );
  }
});
