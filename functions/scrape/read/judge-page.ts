import type { CheerioAPI } from 'cheerio/slim';
import { AntiBotError, BrokenUrlError, NotNewsError, ShellError, UnexpectedAnswerError } from '../errors.ts';
import { parseHtml } from '../html.ts';
import { framedPlayer } from '../markdown/player-links.ts';
import type { FetchedPage, FetchPage, Page } from '../page.ts';

/** Challenges, blocks and maintenance pages are small, in markup and in what a reader sees of it. */
const MAX_NOTICE_LENGTH = 60_000;
const MAX_NOTICE_TEXT = 1_500;
/** A page that is nothing but a script may still say "Please enable JavaScript". */
const MAX_SCRIPT_PAGE_TEXT = 300;
/** A shell shows at most its heading while it waits for its script. */
const MAX_SHELL_TEXT = 100;
/** Beside a login form stands its heading and its help, not an article. */
const MAX_LOGIN_TEXT = 600;

// The whole title, but for the name of the site behind it: "Just a moment: o livro" is an article.
const CHALLENGE_TITLE =
  /^(?:Just a moment|Um momento|Attention Required!|Request Rejected|Access Denied|Acesso negado|Human Verification)(?:\.{3}|…)?(?:\s+[|–—-]\s.*)?$/i;
const CHALLENGE_SCRIPT =
  /\/TSPD\/|\/cdn-cgi\/challenge-platform\/|window\["bobcmn"\]|_Incapsula_Resource|\.awswaf\.com\/|_cf_chl_opt/;
const CHALLENGE_TEXT =
  /The requested URL was rejected\. Please consult|Incapsula incident ID|You don't have permission to access ".{1,500}" on this server/;
const MAINTENANCE_TITLE =
  /^(?:(?:o |este |esta )?(?:site|portal|sistema|serviço|página)\s+)?(?:está\s+|encontra-se\s+)?(?:temporariamente\s+)?(?:em manutenção|em construção|indisponível|fora do ar|under maintenance|site maintenance|service unavailable)(?:\s+temporariamente)?[.!…]*(?:\s+[|–—-]\s.*)?$/i;
const MAINTENANCE_PATH =
  /\/(?:(?:site|portal|pagina)-)?(?:em-)?(?:manutencao|maintenance|indisponivel)(?:\.(?:html?|php|aspx?)|\/index\.\w+)?(?=\/?(?:[?#]|$))/i;
/** What articles say of themselves, whatever their headline is. */
const ARTICLE_SIGN =
  /"NewsArticle"|article:published_time|class="[^"]*\b(?:documentPublished|titulo-materia|conteudo-noticia)\b/;

/** What the body of a page is called that Plone 4, Plone 5 and Volto show in place of one that they do not have. */
const ERROR_PAGES = new Set(['template-default_error_message', 'template-error_message-pt', 'page-not-found']);
/** The same of one that is not public. */
const NO_PERMISSION = 'template-insufficient_privileges';

type Part = ReturnType<CheerioAPI>;

/** How much of a part of a page a reader would see. */
function textLength(part: Part): number {
  const copy = part.clone();
  copy.find('head, script, style, noscript, template').remove();
  return copy.text().replace(/\s+/g, '').length;
}

/** The first of these elements that the page has, else the whole of it. */
function placeOf($: CheerioAPI, selectors: readonly string[]): Part {
  const selector = selectors.find((candidate) => $(candidate).length > 0);
  return selector ? $(selector).first() : $.root();
}

function isMarkup({ body, contentType }: Page): boolean {
  return !/json/i.test(contentType) || /^\s*</.test(body);
}

function titleOf({ body, url }: Page): string {
  const markup = /<title\b[^>]{0,200}>([^<]{0,300})/i.exec(body)?.[1] ?? '';
  return parseHtml(markup, url).root().text().replace(/\s+/g, ' ').trim();
}

/** Whether a page is so small, and says so little of an article, that a notice is all it can be. */
function isNotice(page: Page, maxText = MAX_NOTICE_TEXT): boolean {
  if (page.body.length > MAX_NOTICE_LENGTH || !isMarkup(page) || ARTICLE_SIGN.test(page.body)) return false;
  return textLength(parseHtml(page.body, page.url).root()) <= maxText;
}

/**
 * Refuses a page that is a challenge. The page is judged, not a word in it: it must be small, say nothing of an article,
 * and have the very title or text of a challenge, or a challenge script and nothing else; for the same script also rides
 * on real pages.
 *
 * @throws {AntiBotError}
 */
export function refuseChallenge(page: Page): void {
  const title = titleOf(page);
  const text = CHALLENGE_TEXT.exec(page.body)?.[0];
  const script = CHALLENGE_SCRIPT.exec(page.body)?.[0];
  if (CHALLENGE_TITLE.test(title) && isNotice(page)) throw new AntiBotError(page.url, `titled "${title}"`);
  if (text && isNotice(page)) throw new AntiBotError(page.url, `"${text.slice(0, 80)}"`);
  if (script && isNotice(page, MAX_SCRIPT_PAGE_TEXT)) {
    throw new AntiBotError(page.url, `nothing but the script ${script}`);
  }
}

/**
 * Refuses the page that Plone shows instead of a section that was renamed or closed, by its address or by its form in
 * the place of the article.
 *
 * @throws {NotNewsError}
 */
export function refuseLogin(page: Page): void {
  const { url, body } = page;
  if (/[/?&](?:require_login|came_from|login_form)\b/.test(url)) {
    throw new NotNewsError(url, 'login_required', 'the site asks for a login');
  }
  if (bodyClasses(page).includes(NO_PERMISSION)) {
    throw new NotNewsError(url, 'login_required', `the site shows that this is not public (body.${NO_PERMISSION})`);
  }
  if (!isMarkup(page) || !/name=["']?__ac_(?:name|password)\b/.test(body)) return;
  const $ = parseHtml(body, url);
  // A portlet with such a form stands beside the article, on every page of some sites.
  const place = placeOf($, ['#content-core', '#content', 'main', 'body']);
  const hasForm = place.find('input[name="__ac_name"], input[name="__ac_password"]').length > 0;
  if (hasForm && textLength(place) <= MAX_LOGIN_TEXT && !ARTICLE_SIGN.test(body)) {
    throw new NotNewsError(url, 'login_required', 'a login form stands in the place of the text');
  }
}

/**
 * Refuses a Volto page whose text was left to a script that we do not run.
 *
 * @throws {ShellError}
 */
export function refuseShell(page: Page): void {
  const { url, body } = page;
  if (!isMarkup(page) || !/content=["']Plone 6|window\.__data\b/.test(body)) return;
  const $ = parseHtml(body, url);
  const place = placeOf($, ['#page-document', 'main', '[role="main"]', '#view', '#main', 'body']).clone();
  place.find('script, style, noscript, template, nav, header, footer').remove();
  const text = place.text().replace(/\s+|Carregando|Loading|\.{3}|…/gi, '');
  const frames = place.find('iframe').toArray();
  const isShown = place.find('a[href], img[src], video, audio').length > 0;
  if (isShown || text.length > MAX_SHELL_TEXT || frames.some((frame) => framedPlayer(frame, url))) return;
  throw new ShellError(url);
}

/**
 * Refuses what a site shows while it is being worked on: the address it redirects to, or a small page with that title.
 *
 * @throws {UnexpectedAnswerError}
 */
export function refuseMaintenance(page: JudgedPage): void {
  const { url, requestedUrl = url } = page;
  const isElsewhere = MAINTENANCE_PATH.test(url) && !MAINTENANCE_PATH.test(requestedUrl);
  if (isElsewhere) throw new UnexpectedAnswerError(requestedUrl, `it redirects to the maintenance page ${url}`);
  const title = titleOf(page);
  if (MAINTENANCE_TITLE.test(title) && isNotice(page)) throw new UnexpectedAnswerError(url, `it is titled "${title}"`);
}

/**
 * Refuses the page that Plone shows in place of one that it does not have: it comes with its status, but one that was
 * saved, or kept by a cache, has lost that.
 *
 * @throws {BrokenUrlError}
 */
export function refuseErrorPage(page: Page): void {
  const name = bodyClasses(page).find((className) => ERROR_PAGES.has(className));
  if (name) throw new BrokenUrlError(page.url, `the site shows its error page (body.${name})`);
}

function bodyClasses(page: Page): string[] {
  const tag = (isMarkup(page) && /<body\b[^>]{0,5000}/i.exec(page.body)?.[0]) || '';
  const classes = /\sclass\s*=\s*(?:"([^"]*)|'([^']*))/i.exec(tag);
  return (classes?.[1] ?? classes?.[2] ?? '').split(/\s+/);
}

/** The address that was asked for is known of a page that was fetched, not of one from a file. */
export type JudgedPage = Page & Partial<Pick<FetchedPage, 'requestedUrl'>>;

/**
 * Refuses every page that is known to be no news although it comes with status 200.
 *
 * @throws {AntiBotError} for a challenge, {NotNewsError} for a login or an empty shell, {BrokenUrlError} for an error
 * page, {UnexpectedAnswerError} for maintenance.
 */
export function refuseNoNews(page: JudgedPage): void {
  refuseLogin(page);
  refuseChallenge(page);
  refuseMaintenance(page);
  refuseErrorPage(page);
  refuseShell(page);
}

/** Fetches a page and refuses what is known to be no news. */
export async function fetchNews(fetchPage: FetchPage, url: string, accept: string): Promise<FetchedPage> {
  const page = await fetchPage(url, accept);
  refuseNoNews(page);
  return page;
}
