import type { Platform } from '../../../shared/platform.ts';
import { EMPTY_PAGE_LENGTH, extractors } from '../detect.ts';
import { ExtractionError, NotNewsError, ShellError, UnexpectedAnswerError } from '../errors.ts';
import type { ExtractedArticle, ListingPage } from '../extractors/extractor.ts';
import { isFeed } from '../extractors/generic/feed.ts';
import { volto } from '../extractors/volto.ts';
import type { Page } from '../page.ts';
import { detectPage, isJson } from './detect-page.ts';
import { refuseNoNews } from './judge-page.ts';
import { leftToScripts, readVolto } from './read-volto.ts';
import { refuseOther } from './refuse-other.ts';

export interface ReadOptions {
  /** Detected on the page unless given. */
  platform?: Platform | undefined;
  /** The article's address as published, where the page was fetched from another one. */
  url?: string | undefined;
}

/** For the reason of a failure: where the articles and the entries of each engine are looked for. */
const LOOKED_FOR: Readonly<Record<Platform, { title: string; content: string; entry: string }>> = {
  classic: {
    title: 'h1.documentFirstHeading',
    content: '#parent-fieldname-text, #content-core, #content',
    entry: 'article.tileItem, ul.noticias > li, div.entries > article.entry, #content-core div.item',
  },
  volto: { title: '"title"', content: 'text in "blocks"', entry: '"items"' },
  'agencia-brasil': {
    title: 'h1.titulo-materia',
    content: 'div.conteudo-noticia',
    entry: 'a.capa-noticia, .ultima_isotope a',
  },
  'tv-brasil': { title: 'h1', content: 'article p, video source', entry: 'div.view-ultimas h3.heading a' },
  generic: { title: 'metadata, h1', content: 'any text with paragraphs', entry: 'links to articles' },
};

/**
 * Reads the article on a page, with the engine that it was read as.
 *
 * @throws an error with a `category` when the page is not an article.
 */
export function readPage(page: Page, options: ReadOptions = {}): { platform: Platform; article: ExtractedArticle } {
  const url = options.url ?? publicUrl(page.url);
  judge(page, volto.articleUrl(url));
  if (isFeed(page)) throw new NotNewsError(page.url, 'html_changed', 'it is a feed, expected one article');
  const { platform, signs } = platformOf(page, options);
  try {
    if (platform === 'volto') return { platform, article: readVolto(page, url) };
    const extractor = extractors[platform];
    const article = extractor.parseArticle(page, url);
    refuseOther(page, extractor, article);
    return { platform, article };
  } catch (error) {
    if (!(error instanceof ExtractionError)) throw error;
    const { field } = error;
    const category = field === 'content' ? 'empty_content' : 'html_changed';
    throw new NotNewsError(url, category, `no ${field}; looked for ${sought(platform, field, signs)}`);
  }
}

/** @throws an error with a `category` when the page is not a listing with news. */
export function readListing(page: Page, options: ReadOptions = {}): ListingPage {
  const searchUrl = volto.listingUrl(page.url, { pageCount: 0, entryCount: 0 });
  judge(page, searchUrl);
  const { platform, signs } = platformOf(page, options);
  if (platform === 'volto' && !isJson(page)) throw leftToScripts(page.url, searchUrl, 'no entry');
  const listing = extractors[platform].parseListing(page);
  if (listing.items.length > 0) return listing;
  if (listing.entryCount > 0) {
    throw new NotNewsError(page.url, 'empty_content', `${listing.entryCount} entries, none of them news`);
  }
  const { length } = page.body;
  const category = platform !== 'volto' && length > EMPTY_PAGE_LENGTH ? 'html_changed' : 'empty_content';
  const reason = `no entry in ${length} characters; looked for ${sought(platform, 'entry', signs)}`;
  throw new NotNewsError(page.url, category, reason);
}

/** The address that readers see of what was fetched from an API. */
export function publicUrl(url: string): string {
  return url.replace('/++api++', '');
}

function sought(platform: Platform, what: 'title' | 'content' | 'entry', signs: readonly string[]): string {
  return `${LOOKED_FOR[platform][what]} (${platform}${signs.length > 0 ? `: ${signs.join(', ')}` : ''})`;
}

/** @param apiUrl what has the text of this page, if it is one of Volto. */
function judge(page: Page, apiUrl: string): void {
  if (page.body.trim() === '') throw new NotNewsError(page.url, 'empty_content', 'it is empty');
  try {
    refuseNoNews(page);
  } catch (error) {
    throw error instanceof ShellError ? leftToScripts(page.url, apiUrl, 'a Volto page without its text') : error;
  }
  if (isBinary(page.body)) throw new UnexpectedAnswerError(page.url, 'it is no text');
}

/** Pictures and archives are full of control characters; a page has one by accident. */
function isBinary(body: string): boolean {
  if (body.startsWith('%PDF-')) return true;
  const start = body.slice(0, 4000);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is counted
  return (start.match(/[\u0000-\u0008\u000e-\u001a]/g)?.length ?? 0) * 20 > start.length;
}

function platformOf(page: Page, { platform }: ReadOptions): { platform: Platform; signs: string[] } {
  const detected = platform ? { platform, signs: [] } : detectPage(page);
  if (detected.platform !== 'volto' && !/<[a-z!]/i.test(page.body)) {
    throw new NotNewsError(page.url, 'html_changed', `no markup in ${page.body.length} characters`);
  }
  return detected;
}
