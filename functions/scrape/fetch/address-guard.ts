import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { RefusedUrlError } from '../errors.ts';

/** Special-purpose IPv4 networks (RFC 6890 and later): none of them is a public web site. */
const PRIVATE_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Within 2000::/3, the only public range: Teredo, 6to4 and others that carry an IPv4 address, and documentation. */
const PRIVATE_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const privateIpv4 = new BlockList();
const privateIpv6 = new BlockList();
const globalIpv6 = new BlockList();
globalIpv6.addSubnet('2000::', 3, 'ipv6');
for (const [list, networks, family] of [
  [privateIpv4, PRIVATE_IPV4, 'ipv4'],
  [privateIpv6, PRIVATE_IPV6, 'ipv6'],
] as const) {
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), family);
  }
}

/** Whether an IP address (not a name) is one of the public internet. IPv4 mapped into IPv6 is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !privateIpv4.check(address, 'ipv4');
  if (family === 6) return globalIpv6.check(address, 'ipv6') && !privateIpv6.check(address, 'ipv6');
  return false;
}

type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A dispatcher that connects to public addresses only. The name is resolved once, every answer is checked, and the
 * socket connects to one of the very addresses that were checked: a name that changes in between gains nothing.
 * There is no way to switch the check off; tests and the sample site bring another dispatcher.
 */
export function createGuardedDispatcher(lookup: LookupAll = dnsLookup): Dispatcher {
  const connect = buildConnector({
    timeout: 10_000,
    lookup(hostname, options, callback) {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        const refused = addresses.find(({ address }) => !isPublicAddress(address));
        if (refused) return callback(refusal(hostname, refused.address), []);
        const [first] = addresses;
        // Node's own sockets throw at an empty list, outside of any promise.
        if (!first) return callback(new Error(`${hostname} has no address`), []);
        if (options.all) return callback(null, addresses);
        callback(null, first.address, first.family);
      });
    },
  });
  return new Agent({
    connect(options, callback) {
      // A literal address is connected to without any lookup.
      const hostname = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(hostname) && !isPublicAddress(hostname)) return callback(refusal(hostname, hostname), null);
      connect(options, callback);
    },
  });
}

function refusal(hostname: string, address: string): RefusedUrlError {
  return new RefusedUrlError(hostname, `${address} is not a public address`);
}
