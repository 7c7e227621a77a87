import { canonicalUrl, contentHash } from '../../shared/identity.ts';
import type { Platform } from '../../shared/platform.ts';
import { saoPauloIso } from '../../shared/time.ts';
import { detectPage, isJson } from './detect-page.ts';
import { ExtractionError, type FailureCategory, NotNewsError, UnexpectedAnswerError } from './errors.ts';
import { agenciaBrasil } from './extractors/agencia-brasil.ts';
import { articleReader } from './extractors/article-definition.ts';
import { classic } from './extractors/classic.ts';
import type { ExtractedArticle, Extractor, ListingItem, ListingPage } from './extractors/extractor.ts';
import { generic } from './extractors/generic.ts';
import { isFeed } from './extractors/generic-feed.ts';
import { isRecord, type JsonRecord, stringOf } from './extractors/json.ts';
import { tvBrasil } from './extractors/tv-brasil.ts';
import { volto } from './extractors/volto.ts';
import { refuseChallenge, refuseLogin, refuseMaintenance } from './judge-page.ts';
import type { Page } from './page.ts';

/** What would be stored of an article, under the names of the columns of `news`. */
export interface ExtractedRecord {
  title: string;
  /** As published, without the part that leads to an API. */
  url: string;
  canonical_url: string | null;
  agency_key: string | null;
  /** Local ISO text, as `saoPauloIso` gives it; null when neither the page nor its listing says when. */
  published_at: string | null;
  updated_datetime: string | null;
  category: string | null;
  tags: string[];
  editorial_lead: string | null;
  subtitle: string | null;
  /** Markdown; empty only where there is a video. */
  content: string;
  image_url: string | null;
  video_url: string | null;
  content_hash: string | null;
  platform: Platform;
}

/** An article as a listing announces it. */
export interface ListedRecord {
  title: string;
  url: string;
  /** Local ISO text; midnight where the listing gives only the day. */
  date: string | null;
  category: string | null;
  tags: string[];
}

/** A page that is not news, with the category that a run of the scraper would have. */
export interface ExtractionFailure {
  failure: { category: FailureCategory; reason: string };
}

export interface ReadOptions {
  /** Detected on the page unless given. */
  platform?: Platform | undefined;
  /** The article's address as published, where the page was fetched from another one. */
  url?: string | undefined;
}

export interface ExtractOptions extends ReadOptions {
  agencyKey?: string | null | undefined;
  /** What the listing said: it counts where the page says nothing, its category always. */
  listed?: Pick<ListingItem, 'date' | 'category' | 'tags'> | undefined;
}

/** An article with the engine that it was read as. */
export interface ReadArticle {
  platform: Platform;
  article: ExtractedArticle;
}

const EXTRACTORS: Readonly<Record<Platform, Extractor>> = {
  classic,
  volto,
  'agencia-brasil': agenciaBrasil,
  'tv-brasil': tvBrasil,
  generic,
};

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

/** A page that weighs more and lists nothing is a listing in a layout we do not know; a lighter one is just empty. */
const EMPTY_PAGE_LENGTH = 5_000;
const LINK = /\]\((https?:[^()[\]\s]*)\)/g;
/** Of a listing's text, by the length of the addresses: descriptions may stand between them. */
const MIN_LINK_SHARE = 0.1;
/** `news.category` is varchar(500). */
const MAX_CATEGORY_LENGTH = 500;

/** Blocks of Volto that stand around a text. */
const FRAME_BLOCKS =
  'title description subtitleBlock dateSocialShareBlock textToSpeech leadimage listing search relatedItems'.split(' ');
const TEXT_BLOCKS = `#main div.block${FRAME_BLOCKS.map((name) => `:not(.${name})`).join('')}`;
/** Paragraphs of some editors have no block around them. */
const BARE_TEXT = ['p:not([class*="documentDescription"])', 'h2', 'h3', 'ul', 'ol', 'blockquote', 'table']
  .map((element) => `#page-document > ${element}`)
  .join(', ');

/** Pages of Volto portals whose server has rendered the article: most leave that to the browser. */
const readVoltoHtml = articleReader({
  title: ['#main h1.documentFirstHeading', '#main h1', 'h1.documentFirstHeading'],
  editorialLead: ['#main .subtitleBlock'],
  subtitle: { of: ['#main .documentDescription'] },
  body: { allOf: `${TEXT_BLOCKS}, ${BARE_TEXT}`, unless: /^(?:Carregando|Loading)(?:\.\.\.|…)?$/i },
  removed: FRAME_BLOCKS.map((name) => `#main .block.${name}`).join(', '),
  published: ['json-ld', { lineWithin: '#main' }],
  modified: ['json-ld'],
  category: [{ meta: 'meta[name="category"]' }],
  tags: ['#main a[href*="Subject"]', '#main .tags a'],
  image: { within: ['#main .leadimage', '#page-document', '#main .block'], of: ['img'] },
});

/**
 * What would be stored of the article on a page, or why it is not news. Pure: the same page gives the same record.
 *
 * @throws only what nobody has foreseen.
 */
export function extractPage(page: Page, options: ExtractOptions = {}): ExtractedRecord | ExtractionFailure {
  const { agencyKey = null, listed } = options;
  return orFailure(() => {
    const url = options.url ?? publicUrl(page.url);
    const { platform, article } = readPage(page, { ...options, url });
    const published = article.published?.instant ?? listed?.date?.instant;
    const category = listed?.category ?? article.category;
    const tags = article.tags.length > 0 ? article.tags : (listed?.tags ?? []);
    return {
      title: article.title,
      url,
      canonical_url: canonicalUrl(url),
      agency_key: agencyKey,
      published_at: published ? saoPauloIso(published) : null,
      updated_datetime: article.updated && saoPauloIso(article.updated),
      category: category && [...category].slice(0, MAX_CATEGORY_LENGTH).join(''),
      tags,
      editorial_lead: article.editorialLead,
      subtitle: article.subtitle,
      content: article.content,
      image_url: article.imageUrl,
      video_url: article.videoUrl,
      content_hash: contentHash(article.title, article.content),
      platform,
    };
  });
}

/** The articles that a listing announces, or why the page is none. */
export function extractListing(page: Page, options: ReadOptions = {}): ListedRecord[] | ExtractionFailure {
  return orFailure(() =>
    readListing(page, options).items.map(({ title, url, date, category, tags }) => ({
      title,
      url,
      date: date && saoPauloIso(date.instant),
      category,
      tags,
    })),
  );
}

/** @throws an error with a `category` when the page is not an article. */
export function readPage(page: Page, options: ReadOptions = {}): ReadArticle {
  judge(page);
  if (isFeed(page)) throw new NotNewsError(page.url, 'html_changed', 'it is a feed, expected one article');
  const url = options.url ?? publicUrl(page.url);
  const { platform, signs } = platformOf(page, options);
  try {
    if (platform === 'volto') return { platform, article: readVolto(page, url) };
    const extractor = EXTRACTORS[platform];
    const article = extractor.parseArticle(page, url);
    refuseListing(page, extractor, article);
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
  judge(page);
  const { platform, signs } = platformOf(page, options);
  const extractor = EXTRACTORS[platform];
  if (platform === 'volto' && !isJson(page)) {
    const api = volto.listingUrl(page.url, { pageCount: 0, entryCount: 0 });
    throw new NotNewsError(page.url, 'empty_content', `its listing stands in the API of Volto alone: fetch ${api}`);
  }
  const listing = extractor.parseListing(page);
  if (listing.items.length > 0) return listing;
  if (listing.entryCount > 0) {
    throw new NotNewsError(page.url, 'empty_content', `${listing.entryCount} entries, none of them news`);
  }
  const { length } = page.body;
  const category = platform !== 'volto' && length > EMPTY_PAGE_LENGTH ? 'html_changed' : 'empty_content';
  const reason = `no entry in ${length} characters; looked for ${sought(platform, 'entry', signs)}`;
  throw new NotNewsError(page.url, category, reason);
}

function sought(platform: Platform, what: 'title' | 'content' | 'entry', signs: readonly string[]): string {
  return `${LOOKED_FOR[platform][what]} (${platform}${signs.length > 0 ? `: ${signs.join(', ')}` : ''})`;
}

function orFailure<T>(read: () => T): T | ExtractionFailure {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error && 'category' in error && 'url' in error)) throw error;
    const { category, message, url } = error as Error & { category: FailureCategory; url: string };
    // Every such text begins with the address, which whoever asks knows.
    const reason = message.startsWith(`${url} `) ? `the page ${message.slice(url.length + 1)}` : message;
    return { failure: { category, reason } };
  }
}

function publicUrl(url: string): string {
  return url.replace('/++api++', '');
}

function judge(page: Page): void {
  if (page.body.trim() === '') throw new NotNewsError(page.url, 'empty_content', 'it is empty');
  refuseLogin(page);
  refuseChallenge(page);
  refuseMaintenance(page);
  if (isBinary(page.body)) throw new UnexpectedAnswerError(page.url, 'it is no text');
}

/** Pictures and archives are full of control characters; a page has one by accident. */
function isBinary(body: string): boolean {
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

/** A listing has a headline and a text, too: its entries. */
function refuseListing(page: Page, extractor: Extractor, { content }: ExtractedArticle): void {
  const links = Array.from(content.matchAll(LINK), ([, address]) => address!);
  // Looking for entries costs more than reading the article, so only a text that is full of links is suspected.
  if (links.length < 2 || links.join('').length < content.length * MIN_LINK_SHARE) return;
  const linked = new Set(links);
  const { items } = extractor.parseListing(page);
  const shown = items.filter(({ url }) => linked.has(url));
  if (shown.length < 2 || shown.length * 2 < items.length) return;
  throw new NotNewsError(page.url, 'html_changed', `it is a listing of ${items.length} articles, expected one of them`);
}

function readVolto(page: Page, url: string): ExtractedArticle {
  if (isJson(page)) return readVoltoJson(page, url);
  try {
    return readVoltoHtml(page, url);
  } catch (error) {
    if (!(error instanceof ExtractionError)) throw error;
    const reason = `no ${error.field} in div.block.* of #main, which scripts fill: fetch ${volto.articleUrl(url)} instead`;
    throw new NotNewsError(url, 'empty_content', reason);
  }
}

function readVoltoJson(page: Page, url: string): ExtractedArticle {
  const document = recordOf(page.body);
  if (document) refuseApiError(document, url);
  const isListing =
    Array.isArray(document?.items) &&
    document['@type'] !== 'News Item' &&
    (document.items.length > 0 || document.title === undefined);
  if (!isListing) return volto.parseArticle(page, url);
  const { items, entryCount } = volto.parseListing(page);
  const item = items.find((candidate) => canonicalUrl(candidate.url) === canonicalUrl(url));
  if (!item) {
    throw new NotNewsError(page.url, 'html_changed', `it is a listing of ${entryCount} entries, none at this address`);
  }
  if (item.readArticle) return item.readArticle();
  const reason = `the listing has only a summary of it: fetch ${volto.articleUrl(url)} instead`;
  throw new NotNewsError(url, 'empty_content', reason);
}

/** Null for what is no object: the extractor says why. */
function recordOf(json: string): JsonRecord | null {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** What Plone's API answers in place of a document. */
function refuseApiError({ type, message, title, '@type': documentType }: JsonRecord, url: string): void {
  if (documentType !== undefined || title !== undefined || stringOf(type) === '') return;
  const text = `the API answered "${stringOf(type).slice(0, 100)}: ${stringOf(message).slice(0, 200)}"`;
  if (type === 'Unauthorized' || type === 'Forbidden') throw new NotNewsError(url, 'login_required', text);
  throw new UnexpectedAnswerError(url, text);
}
