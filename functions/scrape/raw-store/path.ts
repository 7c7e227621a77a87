import { createHash } from 'node:crypto';
import { PermanentError } from '../../../shared/errors.ts';

const MAX_SEGMENT = 100;
const RAW_PATH = /^bronze\/year=\d{4}\/month=\d{2}\/day=\d{2}\/[\w%~-]+\/[0-9a-f]{64}\.zst$/;

/** Lower-case hex SHA-256. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * A name as one segment of a path: ASCII letters, digits, `_` and `-` as they are, any other byte of its UTF-8 as `%XX`.
 * Different names stay different; an empty or long one ends with `~` and a hash.
 */
function pathSegment(name: string): string {
  const percentEncode = (character: string) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  const segment = name.replace(/[^\w-]/gu, percentEncode);
  if (segment.length > 0 && segment.length <= MAX_SEGMENT) return segment;
  return `${segment.slice(0, MAX_SEGMENT - 17)}~${sha256Hex(name).slice(0, 16)}`;
}

/** Where a body is kept. The day is in UTC: which folder a page is in must not depend on a time zone database. */
export function rawPagePath(source: string, fetchedAt: Date, sha256: string): string {
  const [year, month, day] = fetchedAt.toISOString().slice(0, 10).split('-');
  return `bronze/year=${year}/month=${month}/day=${day}/${pathSegment(source)}/${sha256}.zst`;
}

/** @throws {PermanentError} when it is no path that `rawPagePath` makes: it could lead out of the store. */
export function checkRawPath(path: string): void {
  if (!RAW_PATH.test(path)) {
    throw new PermanentError(
      `"${path.slice(0, 200)}" is no path of a raw page, expected bronze/year=…/month=…/day=…/<source>/<sha256>.zst`,
    );
  }
}

/** The hash in a path that was checked. */
export function hashOfPath(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.zst'.length);
}
