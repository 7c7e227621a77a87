import { createHash } from 'node:crypto';

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

function normalize(text: string | null): string {
  return (text ?? '')
    .normalize('NFKD')
    .replace(NON_ASCII, '')
    .toLowerCase()
    .replace(/[^\w\s]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * The key by which republications are found: first 16 hex digits of SHA-256 over the normalised title and content.
 *
 * Only for near-duplicates, never for "has it changed": "R$ 1,5" and "R$ 15" hash alike.
 *
 * @returns null when neither holds a word character.
 */
export function contentHash(title: string | null, content: string | null): string | null {
  const text = `${normalize(title)}\n${normalize(content)}`;
  return text === '\n' ? null : createHash('sha256').update(text).digest('hex').slice(0, 16);
}
