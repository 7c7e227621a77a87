import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whom a request is counted for: an IPv4 address, or the network of an IPv6 one, of which a subscriber has 2^64.
 *
 * Each proxy appends the address that it was asked from to X-Forwarded-For; what stands before that, clients write
 * themselves. On Cloud Run the front end is one such proxy, with a load balancer in front of it there are two.
 *
 * @param trustedProxies how many of ours stand in front; 0 for none, and the header is not read.
 * @see https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const entries = String(headers['x-forwarded-for'] ?? '').split(',');
  const forwarded = trustedProxies > 0 ? entries.at(-trustedProxies)?.trim() : undefined;
  const address = forwarded && isIP(forwarded) ? forwarded : (socket.remoteAddress ?? '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  return isIP(address) === 6 ? ipv6Network(address) : address;
}

/** The first four of its eight groups. */
function ipv6Network(address: string): string {
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(0, zeros)).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
