import { AntiBotError, NotNewsError } from './errors.ts';
import { parseHtml } from './html.ts';
import type { FetchPage, Page } from './page.ts';

/** Challenge pages are small. */
const MAX_CHALLENGE_LENGTH = 60_000;
const CHALLENGE_TITLE =
  /<title>\s*(Just a moment|Attention Required!|Request Rejected|Access Denied|Um momento)[^<]*</i;
const CHALLENGE_SCRIPT = /\/TSPD\/|\/cdn-cgi\/challenge-platform\/|window\["bobcmn"\]/;

/** How much of a page a reader would see. */
function visibleLength(page: Page): number {
  const $ = parseHtml(page.body, page.url);
  $('head, script, style, noscript').remove();
  return $.root().text().replace(/\s+/g, '').length;
}

/**
 * Refuses a page that is a challenge. The page is judged, not a word in it: its title must say so, or a challenge
 * script must stand in a page without text, for the same script also rides on real pages.
 *
 * @throws {AntiBotError}
 */
export function refuseChallenge(page: Page): void {
  if (page.body.length > MAX_CHALLENGE_LENGTH) return;
  const title = CHALLENGE_TITLE.exec(page.body)?.[1];
  const script = CHALLENGE_SCRIPT.exec(page.body)?.[0];
  if (!title && !script) return;
  const length = visibleLength(page);
  if (title && (script || length < 1000)) throw new AntiBotError(page.url, `titled "${title}"`);
  if (script && length < 200) throw new AntiBotError(page.url, `nothing but the script ${script}`);
}

/**
 * Refuses the page that Plone shows instead of a section that was renamed or closed.
 *
 * @throws {NotNewsError}
 */
export function refuseLogin({ url }: Page): void {
  if (/[/?&](?:require_login|came_from)\b/.test(url)) {
    throw new NotNewsError(url, 'login_required', 'the site asks for a login');
  }
}

/** Fetches a page and refuses what is known to be none: challenges and logins, which come with status 200. */
export async function fetchNews(fetchPage: FetchPage, url: string, accept: string): Promise<Page> {
  const page = await fetchPage(url, accept);
  refuseLogin(page);
  refuseChallenge(page);
  return page;
}
