import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { clientAddress } from '../../../functions/api/client-address.ts';

function request(forwardedFor: string | undefined, remoteAddress = '169.254.1.1'): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  const message = new IncomingMessage(socket);
  if (forwardedFor !== undefined) message.headers['x-forwarded-for'] = forwardedFor;
  return message;
}

test('the client is whom the outermost proxy of ours was asked by, whatever stands before', () => {
  const cases: [forwardedFor: string | undefined, trustedProxies: number, client: string][] = [
    ['203.0.113.7', 1, '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7', 1, '203.0.113.7'],
    ['1.1.1.1,2.2.2.2,,203.0.113.7', 1, '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7, 34.1.1.1', 2, '203.0.113.7'],
    ["'; drop table news; --, 203.0.113.7", 1, '203.0.113.7'],
    ['203.0.113.7', 0, '169.254.1.1'],
    ['203.0.113.7', 2, '203.0.113.7'],
    ['unknown, 34.1.1.1', 2, '34.1.1.1'],
    ['1.1.1.1, unknown', 1, '169.254.1.1'],
    ['203.0.113.7:4711', 1, '203.0.113.7'],
    ['[2001:db8:0:1::7]:4711, 34.1.1.1', 2, '2001:db8:0:1::/64'],
    ['[2001:db8:0:1::7]', 1, '2001:db8:0:1::/64'],
    ['unknown', 1, '169.254.1.1'],
    ['', 1, '169.254.1.1'],
    [undefined, 1, '169.254.1.1'],
  ];
  for (const [forwardedFor, trustedProxies, client] of cases) {
    assert.equal(clientAddress(request(forwardedFor), trustedProxies), client, `${forwardedFor} ${trustedProxies}`);
  }
});

test('the addresses of one IPv6 network are one client, in any spelling', () => {
  for (const address of ['2001:db8:0:1::7', '2001:0DB8:0000:0001:aaaa:bbbb:cccc:dddd', '2001:db8::1:0:0:0:1%eth0']) {
    assert.equal(clientAddress(request(address), 1), '2001:db8:0:1::/64', address);
  }
  assert.equal(clientAddress(request('::1'), 1), '0:0:0:0::/64');
});

test('an IPv4 address is the same client in any spelling of its IPv6 form', () => {
  const spellings = [
    '::ffff:203.0.113.7',
    '::FFFF:203.0.113.7',
    '::ffff:cb00:7107',
    '0:0:0:0:0:ffff:203.0.113.7',
    '0000:0000:0000:0000:0000:ffff:cb00:7107',
    '[::ffff:cb00:7107]:80',
  ];
  for (const address of spellings) {
    assert.equal(clientAddress(request(address), 1), '203.0.113.7', address);
    assert.equal(clientAddress(request(undefined, address), 0), '203.0.113.7', address);
  }
  assert.equal(clientAddress(request('::ffff:0:203.0.113.7'), 1), '0:0:0:0::/64');
});
