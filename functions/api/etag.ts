import { createHash } from 'node:crypto';

/** A weak tag: of what an answer says, not of its bytes. */
export function entityTag(said: string): string {
  return `W/"${createHash('sha256').update(said).digest('base64url').slice(0, 22)}"`;
}

/**
 * Whether the header If-None-Match has the tag; weak and strong ones are alike in it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = (text: string) => text.replace(/^W\//, '');
  return (header.match(/(?:W\/)?"[^"]*"/g) ?? []).some((one) => opaque(one) === opaque(tag));
}
