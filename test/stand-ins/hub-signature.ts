import { createHmac, timingSafeEqual } from 'node:crypto';

const LIFETIME_MS = 15 * 60_000;

/** Addresses that let in whoever has them, as those of the storage behind the Hub do, for a quarter of an hour. */
export interface Signer {
  sign(origin: string, pathname: string, parameters?: Record<string, string | number>): string;
  isValid(url: URL): boolean;
}

export function createSigner(secret: string): Signer {
  function signatureOf(url: URL): Buffer {
    const parameters = [...url.searchParams].filter(([name]) => name !== 'signature').sort();
    return createHmac('sha256', secret)
      .update(`${url.pathname}?${new URLSearchParams(parameters)}`)
      .digest();
  }
  return {
    sign: (origin, pathname, parameters = {}) => {
      const url = new URL(pathname, origin);
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
      url.searchParams.set('expires', String(Date.now() + LIFETIME_MS));
      url.searchParams.set('signature', signatureOf(url).toString('hex'));
      return url.href;
    },
    isValid: (url) => {
      const given = Buffer.from(url.searchParams.get('signature') ?? '', 'hex');
      const expected = signatureOf(url);
      return (
        given.length === expected.length &&
        timingSafeEqual(given, expected) &&
        Number(url.searchParams.get('expires')) > Date.now()
      );
    },
  };
}

/**
 * The storage under another name of this machine, so that it is another host to clients, as the real one is: the Python
 * client reads a redirect to another host and follows one to the same; both leave their token behind.
 */
export function storageOrigin(hub: URL): string {
  const storage = new URL(hub.origin);
  storage.hostname = hub.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  return storage.origin;
}
