import { isShareLink } from '../../../shared/markdown/share-links.ts';
import { type ParsedDate, parseBrazilianDate, parseIsoDate } from '../../../shared/time.ts';
import { ExtractionError } from '../errors.ts';
import { type AnyNode, ancestorOf, collapse, type Element, isDropped, isElement, textOf } from '../html.ts';
import { cleanMarkdown, type KnownTexts } from '../markdown/clean-markdown.ts';
import { imageUrl } from '../markdown/image-url.ts';
import { toMarkdown } from '../markdown/markdown.ts';
import { framedPlayer } from '../markdown/player-links.ts';

/** What the first of these routes, in this order, gives that is not null. */
export function firstOf<R, T>(routes: Iterable<R>, read: (route: R) => T | null): T | null {
  for (const route of routes) {
    const value = read(route);
    if (value !== null) return value;
  }
  return null;
}

/** The text of the first element that has one. */
export function firstText(elements: Iterable<AnyNode>): string | null {
  for (const element of elements) {
    const text = textOf([element]);
    if (text !== '') return text;
  }
  return null;
}

/** Tags trimmed, in the order of the page, each once whatever its case. */
export function uniqueTags(texts: Iterable<string>): string[] {
  const tags = new Map<string, string>();
  for (const text of texts) {
    const tag = collapse(text).trim();
    const key = tag.toLocaleLowerCase('pt-BR');
    if (tag !== '' && !tags.has(key)) tags.set(key, tag);
  }
  return [...tags.values()];
}

export function tagsOf(elements: Iterable<AnyNode>): string[] {
  return uniqueTags(Array.from(elements, (element) => textOf([element])));
}

/** `news.category` is varchar(500). */
const MAX_CATEGORY_LENGTH = 500;

export function categoryOf(text: string | null | undefined): string | null {
  const characters = [...collapse(text ?? '').trim()];
  return characters.slice(0, MAX_CATEGORY_LENGTH).join('').trim() || null;
}

/** The date unless it was never set, which Plone writes as the end of 1969, or is a slip far beyond any news. */
export function unlessUnset(date: ParsedDate | null): ParsedDate | null {
  return date && date.instant.getUTCFullYear() > 1970 && date.instant.getUTCFullYear() < 2100 ? date : null;
}

/** The date of the first element that holds one, in its `datetime` attribute or its text. */
export function dateOf(elements: Iterable<AnyNode>): ParsedDate | null {
  for (const element of elements) {
    const attribute = 'attribs' in element ? element.attribs.datetime : undefined;
    const date =
      unlessUnset(attribute ? parseIsoDate(attribute) : null) ?? unlessUnset(parseBrazilianDate(textOf([element])));
    if (date) return date;
  }
  return null;
}

/** What the text leaves out, and buttons. */
function isFrame(element: Element): boolean {
  return isDropped(element) || (element.name === 'a' && isShareLink(element.attribs.href ?? ''));
}

/** The address of the first of these pictures that shows something and is no part of the frame. */
export function firstImage(images: Iterable<Element>, baseUrl: string): string | null {
  for (const image of images) {
    const url = imageUrl(image, baseUrl);
    if (url !== null && !isDropped(image) && !ancestorOf(image, isFrame)) return url;
  }
  return null;
}

/** Whether an element holds any text, picture, film or sound that a reader is shown. */
export function isFilled({ children }: Element, baseUrl: string): boolean {
  return children.some((node) => {
    if (node.type === 'text') return collapse(node.data).trim() !== '';
    if (!isElement(node)) return false;
    if (framedPlayer(node, baseUrl)) return true;
    return !isDropped(node) && (node.name === 'img' || isFilled(node, baseUrl));
  });
}

/**
 * The clean text of an article's body.
 *
 * @throws {ExtractionError} when nothing is left and no video stands for it.
 */
export function contentOf(
  nodes: Iterable<AnyNode>,
  { url, baseUrl, known, hasVideo }: { url: string; baseUrl: string; known: KnownTexts; hasVideo: boolean },
): string {
  const content = cleanMarkdown(toMarkdown([...nodes], baseUrl), known);
  if (content === '' && !hasVideo) throw new ExtractionError(url, 'content');
  return content;
}
