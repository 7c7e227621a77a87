import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whom a request is counted for: an IPv4 address, or the network of an IPv6 one, of which a subscriber has 2^64.
 *
 * Each proxy appends the address that it was asked from to X-Forwarded-For; what stands before that, clients write
 * themselves. On Cloud Run the front end is one such proxy, with a load balancer in front of it there are two. Where the
 * entry of the outermost one is missing or none, that of the next one counts, and in the end the socket.
 *
 * @param trustedProxies how many of ours stand in front; 0 for none, and the header is not read.
 * @see https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const entries = String(headers['x-forwarded-for'] ?? '').split(',');
  const trusted = trustedProxies > 0 ? entries.slice(-trustedProxies) : [];
  const address = trusted.map(readAddress).find((one) => isIP(one)) ?? readAddress(socket.remoteAddress ?? '');
  return isIP(address) === 6 ? ipv6Client(address) : address;
}

/** Without the brackets, the port and the zone that may stand around it. */
function readAddress(entry: string): string {
  const text = entry.trim();
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return bare.replace(/%.*$/, '');
}

/** The IPv4 address that it stands for, or the first four of its eight groups. */
function ipv6Client(address: string): string {
  const groups = ipv6Groups(address);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    return groups
      .slice(6)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
      .join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Without zeros in front, however it is spelled. */
function ipv6Groups(address: string): string[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)];
}
