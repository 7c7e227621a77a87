import { createHash, type Hash } from 'node:crypto';

const MAX_SLUG_LENGTH = 100;
const MIN_SUFFIX_LENGTH = 6;
/** `news.unique_id` is varchar(120): slug, underscore, suffix. */
const MAX_SUFFIX_LENGTH = 19;

/** Parameters that say how a reader came to a page and not which page it is. */
const TRACKING_PARAMETER =
  /^(?:utm_[^=]*|mtm_[^=]*|pk_[^=]*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl)(?:=|$)/i;

const NON_ASCII = /[^\p{ASCII}]/gu;

/**
 * The readable part of a unique id: lower-case ASCII words joined by `-`, at most 100 characters, cut between words.
 * Empty when the title has no ASCII letter or digit.
 */
export function slug(title: string): string {
  const words = title
    .normalize('NFKD')
    .replace(NON_ASCII, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join('-');
  if (words.length <= MAX_SLUG_LENGTH) return words;
  const cut = words.slice(0, MAX_SLUG_LENGTH);
  const lastDash = cut.lastIndexOf('-');
  return lastDash > 0 ? cut.slice(0, lastDash) : cut;
}

/**
 * The identity of the predecessor: lower-case hex MD5 of `<agency>_<date>_<title>` in UTF-8.
 *
 * `date` is taken literally: `YYYY-MM-DD` in older records, the full instant (see `identityDate`) in newer ones.
 */
export function legacyId(agencyKey: string, date: string, title: string): string {
  return createHash('md5').update(`${agencyKey}_${date}_${title}`).digest('hex');
}

/**
 * The public id of an article: `<slug>_<first hex digits of the legacy id>`, `sem-titulo` standing for an empty slug.
 *
 * @param suffixLength 6 unless that id belongs to another article; then 7, 8, …; see `uniqueIdCandidates`.
 */
export function uniqueId(title: string, legacyId: string, suffixLength = MIN_SUFFIX_LENGTH): string {
  return `${slug(title) || 'sem-titulo'}_${legacyId.slice(0, suffixLength)}`;
}

/** The ids an article may take, in order of preference: suffixes of 6 to 19 digits, each within varchar(120). */
export function uniqueIdCandidates(title: string, legacyId: string): string[] {
  const lengths = Array.from({ length: MAX_SUFFIX_LENGTH - MIN_SUFFIX_LENGTH + 1 }, (_, i) => MIN_SUFFIX_LENGTH + i);
  return lengths.map((suffixLength) => uniqueId(title, legacyId, suffixLength));
}

/**
 * The one stable address of a page: https, lower-case host without default port, no credentials, fragment, trailing
 * slash, `/view` or tracking parameters; other parameters stay as they are, in their order. Idempotent.
 *
 * @returns null when the text is no absolute http(s) URL.
 */
export function canonicalUrl(url: string): string | null {
  const parsed = URL.parse(url.trim());
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') return null;
  parsed.protocol = 'https:';

  let path = parsed.pathname;
  while (path.endsWith('/') || path.endsWith('/view')) path = path.slice(0, path.lastIndexOf('/'));

  const parameters = parsed.search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !TRACKING_PARAMETER.test(parameter));
  const query = parameters.length > 0 ? `?${parameters.join('&')}` : '';
  return `https://${parsed.host}${path}${query}`;
}

const SPACE = 0x20;
/** What remains of a character is not one ASCII character: nothing of it can be looked up by its code. */
const OTHER = 0xff;
/** Codes below this are looked up: ASCII and all letters of Latin script, which is nearly all that news are made of. */
const COMMON_CODES = 0x250;
/** By code: the ASCII code of what remains of a character, 0 for nothing. */
const commonRemains = Uint8Array.from({ length: COMMON_CODES }, (_, code) => {
  const rest = remainsOf(String.fromCharCode(code));
  return rest.length > 1 ? OTHER : rest.charCodeAt(0) || 0;
});
const otherRemains = new Map<string, string>();

/** Of a character: its lower-case ASCII word characters, and a space for white space. */
function remainsOf(character: string): string {
  return character
    .normalize('NFKD')
    .replace(NON_ASCII, '')
    .toLowerCase()
    .replace(/\s/g, ' ')
    .replace(/[^\w ]/g, '');
}

function otherRemainsOf(character: string): string {
  const known = otherRemains.get(character);
  if (known !== undefined) return known;
  const rest = remainsOf(character);
  // Texts use some hundred characters; one that uses them all does not fill the memory.
  if (otherRemains.size < 10_000) otherRemains.set(character, rest);
  return rest;
}

/** Room for a text that is being normalised; made anew for each, it would cost as much as the work. */
let scratch = new Uint8Array(64 * 1024);

/**
 * NFKD, ASCII, lower case, word characters and single spaces between them, as bytes that stand until the next call.
 * Character by character, which is the same: decomposition never reaches beyond one, and the marks that it reorders are
 * not ASCII.
 */
function normalized(text: string | null): Uint8Array {
  if (!text) return scratch.subarray(0, 0);
  makeRoom(text.length, 0);
  let bytes = scratch;
  let length = 0;
  let last = SPACE;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const remains = code < COMMON_CODES ? commonRemains[code]! : OTHER;
    if (remains !== OTHER) {
      if (remains === 0 || (remains === SPACE && last === SPACE)) continue;
      bytes[length++] = remains;
      last = remains;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index)!);
    const rest = otherRemainsOf(character);
    index += character.length - 1;
    // Ligatures and their like leave more than they were.
    makeRoom(length + rest.length + text.length - index, length);
    bytes = scratch;
    for (let at = 0; at < rest.length; at++) {
      const other = rest.charCodeAt(at);
      if (other === SPACE && last === SPACE) continue;
      bytes[length++] = other;
      last = other;
    }
  }
  return bytes.subarray(0, bytes[length - 1] === SPACE ? length - 1 : length);
}

function makeRoom(size: number, used: number): void {
  if (size <= scratch.length) return;
  const larger = new Uint8Array(size * 2);
  larger.set(scratch.subarray(0, used));
  scratch = larger;
}

/**
 * The key by which republications are found: first 16 hex digits of SHA-256 over the normalised title and content.
 *
 * Only for near-duplicates, never for "has it changed": "R$ 1,5" and "R$ 15" hash alike.
 *
 * @returns null when neither holds a word character.
 */
export function contentHash(title: string | null, content: string | null): string | null {
  const hash = createHash('sha256');
  const titleLength = update(hash, title);
  hash.update('\n');
  if (titleLength + update(hash, content) === 0) return null;
  return hash.digest('hex').slice(0, 16);
}

/** @returns the number of characters that remain of the text. */
function update(hash: Hash, text: string | null): number {
  const bytes = normalized(text);
  hash.update(bytes);
  return bytes.length;
}
