import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { request } from 'undici';
import { createGuardedDispatcher, isPublicAddress } from '../../../../functions/scrape/fetch/address-guard.ts';

test('public addresses are told from all others', () => {
  for (const address of ['161.148.164.31', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2801:80::1', '2606:4700::1111']) {
    assert.ok(isPublicAddress(address), address);
  }
  for (const address of [
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    '2001:0:1::1',
    '2001:db8::1',
    'www.gov.br',
    '',
  ]) {
    assert.ok(!isPublicAddress(address), address);
  }
});

test('no socket is opened to a private address, by name or by number', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const answers: LookupAddress[][] = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '::1', family: 6 }],
    [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ],
  ];
  for (const answer of answers) {
    const dispatcher = createGuardedDispatcher((_hostname, _options, callback) => callback(null, answer));
    t.after(() => dispatcher.destroy());
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://www.gov.br:${address.port}/`;
      await assert.rejects(request(url, { dispatcher }), { name: 'RefusedUrlError' }, JSON.stringify(answer));
    }
  }
  const dispatcher = createGuardedDispatcher(() => assert.fail('a literal address is not looked up'));
  t.after(() => dispatcher.destroy());
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0']) {
    const url = `http://${host}:${address.port}/`;
    await assert.rejects(request(url, { dispatcher }), { name: 'RefusedUrlError' }, host);
  }
  assert.equal(connections, 0);
});

test('a name without an address is an error of the network', async (t) => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const dispatcher = createGuardedDispatcher((_hostname, _options, callback) => callback(error, []));
  t.after(() => dispatcher.destroy());
  await assert.rejects(request('https://nao-existe.gov.br/', { dispatcher }), { code: 'ENOTFOUND' });
  const empty = createGuardedDispatcher((_hostname, _options, callback) => process.nextTick(callback, null, []));
  t.after(() => empty.destroy());
  await assert.rejects(request('https://nao-existe.gov.br/', { dispatcher: empty }), /has no address/);
});
