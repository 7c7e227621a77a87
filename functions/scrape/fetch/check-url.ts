import { RefusedUrlError } from '../errors.ts';

/** Far beyond any address that is stored, and short enough to be held against the patterns of a robots.txt. */
const MAX_URL_LENGTH = 4_000;

/**
 * The URL if we may ask it, without its fragment.
 *
 * @throws {RefusedUrlError} for anything but https on port 443 of an allowed host.
 */
export function checkUrl(text: string, allowedHosts: ReadonlySet<string>): URL {
  const url = URL.parse(text);
  if (!url) throw new RefusedUrlError(text.slice(0, MAX_URL_LENGTH), 'it is no absolute URL');
  if (url.href.length > MAX_URL_LENGTH) {
    throw new RefusedUrlError(url.href.slice(0, 200), `it is longer than ${MAX_URL_LENGTH} characters`);
  }
  if (url.protocol !== 'https:') throw new RefusedUrlError(text, `its scheme is ${url.protocol}, expected https:`);
  if (url.port !== '') throw new RefusedUrlError(text, `its port is ${url.port}, expected 443`);
  if (url.username !== '' || url.password !== '') throw new RefusedUrlError(text, 'it carries credentials');
  if (!allowedHosts.has(url.hostname)) throw new RefusedUrlError(text, `${url.hostname} is the host of no source`);
  url.hash = '';
  return url;
}
