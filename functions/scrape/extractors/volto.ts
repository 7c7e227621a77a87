import { type ParsedDate, parseIsoDate } from '../../../shared/time.ts';
import { ExtractionError, PageLimitError, UnexpectedAnswerError } from '../errors.ts';
import { collapse, type Element, nodeBudget, parseHtml, refuseLongMarkup, webUrl } from '../html.ts';
import type { Page } from '../page.ts';
import type { ExtractedArticle, Extractor, ListingItem, ListingPage } from './extractor.ts';
import { categoryOf, contentOf, firstImage, uniqueTags, unlessUnset } from './fields.ts';
import { isRecord, type JsonRecord, parseJson, stringOf } from './json.ts';
import { bodyHtml } from './volto-blocks.ts';
import { takeFilms } from './volto-films.ts';
import { leadImage, publicUrl } from './volto-pictures.ts';

const PAGE_SIZE = 25;
/** Beyond these a document is an attack or an accident. */
const MAX_PIECES = 5000;
const SEARCH =
  '@search?portal_type=News%20Item&sort_on=effective&sort_order=descending&fullobjects=1&metadata_fields=effective&metadata_fields=modified';

/**
 * `https://www.gov.br/anvisa/pt-br/x` → `https://www.gov.br/anvisa/++api++/pt-br/x`; a site without an agency in its
 * path has the API at its root.
 */
function apiUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  const path = pathname.split('/').filter((part) => part !== '' && part !== '++api++');
  const language = path.indexOf('pt-br');
  const agencyLength = language === -1 ? Math.min(1, path.length) : language;
  return [origin, ...path.slice(0, agencyLength), '++api++', ...path.slice(agencyLength)].join('/');
}

function dateOf(value: unknown): ParsedDate | null {
  return unlessUnset(parseIsoDate(stringOf(value)));
}

function textOf(value: unknown): string | null {
  return collapse(stringOf(value)).trim() || null;
}

function tagsOf(document: JsonRecord): string[] {
  const tags = [document.subjects, document.Subject].find((value) => Array.isArray(value) && value.length > 0);
  return Array.isArray(tags) ? uniqueTags(tags.map(stringOf)) : [];
}

function categoryName(document: JsonRecord): string | null {
  const { category } = document;
  return categoryOf(textOf(isRecord(category) ? (category.nomeCategoria ?? category.title) : category));
}

function readArticle(document: JsonRecord, url: string): ExtractedArticle {
  const title = textOf(document.title);
  if (title === null) throw new ExtractionError(url, 'title');
  const known = { title, subtitle: textOf(document.description), editorialLead: textOf(document.subtitle) };
  // One by one: what one block leaves open must not swallow the next.
  const blocks = bodyHtml(document);
  // What was written before the site moved may still be one text without blocks.
  const pieces = blocks.length > 0 || !isRecord(document.text) ? blocks : [stringOf(document.text.data)];
  refuseLongMarkup(
    pieces.reduce((length, html) => length + html.length, 0),
    url,
  );
  if (pieces.length > MAX_PIECES) throw new PageLimitError(url, `it has more than ${MAX_PIECES} blocks`);
  const budget = nodeBudget();
  const parts = pieces.map((html) => parseHtml(html, url, budget));
  const videoUrl = takeFilms(parts, url);
  const images = parts.map(($) => firstImage($<Element, string>('img'), url));
  const date = dateOf(document.effective);
  return {
    ...known,
    content: contentOf(
      parts.flatMap(($) => $.root().contents().toArray()),
      { url, baseUrl: url, known, hasVideo: videoUrl !== null },
    ),
    imageUrl: leadImage(document, url) ?? images.find(Boolean) ?? null,
    videoUrl,
    category: categoryName(document),
    tags: tagsOf(document),
    published: date && { instant: date.instant, source: 'page' },
    updated: dateOf(document.modified)?.instant ?? null,
  };
}

function listingItem(document: JsonRecord, pageUrl: string): ListingItem | null {
  const url = webUrl(publicUrl(document['@id']) || undefined, publicUrl(pageUrl));
  if (document['@type'] !== 'News Item' || url === null) return null;
  return {
    url,
    title: textOf(document.title) ?? '',
    date: dateOf(document.effective),
    category: categoryName(document),
    tags: tagsOf(document),
    // A summary without blocks comes from portals that ignore fullobjects.
    ...(isRecord(document.blocks) ? { readArticle: () => readArticle(document, url) } : {}),
  };
}

function parseListing(page: Page): ListingPage {
  const { items, items_total: total, batching } = parseJson(page);
  if (!Array.isArray(items)) throw new UnexpectedAnswerError(page.url, 'its JSON has no items');
  const entries = items.map((document) => (isRecord(document) ? listingItem(document, page.url) : null));
  const lastItemIndex = entries.findLastIndex((item) => item !== null);
  return {
    items: entries.filter((item) => item !== null),
    entryCount: items.length,
    lastItemIndex: lastItemIndex === -1 ? null : lastItemIndex,
    isLast: isRecord(batching) ? !batching.next : items.length === total,
  };
}

/** Portals on Plone 6, read through its public REST API: the pages themselves are empty until a browser runs them. */
export const volto: Extractor = {
  platform: 'volto',
  version: 2,
  accept: 'application/json',
  paging: 'offset',
  listingUrl: (sourceUrl, { entryCount }) => `${apiUrl(sourceUrl)}/${SEARCH}&b_start=${entryCount}&b_size=${PAGE_SIZE}`,
  parseListing,
  articleUrl: apiUrl,
  parseArticle: (page, url) => readArticle(parseJson(page), url),
};
