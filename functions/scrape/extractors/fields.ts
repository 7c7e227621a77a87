import type { Cheerio, CheerioAPI } from 'cheerio/slim';
import { type ParsedDate, parseBrazilianDate, parseIsoDate } from '../../../shared/time.ts';
import { cleanMarkdown, type KnownTexts } from '../clean-markdown.ts';
import { ExtractionError } from '../errors.ts';
import { type AnyNode, ancestorOf, collapse, type Element, isDropped, textOf, within } from '../html.ts';
import { imageUrl } from '../image-url.ts';
import { toMarkdown } from '../markdown.ts';

/** What the first of these selectors, in this order, gives that is not null. */
export function firstOf<T>(selectors: readonly string[], read: (selector: string) => T | null): T | null {
  for (const selector of selectors) {
    const value = read(selector);
    if (value !== null) return value;
  }
  return null;
}

/** The text of the first element that has one. */
export function firstText(elements: Cheerio<AnyNode>): string | null {
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

export function tagsOf(elements: Cheerio<AnyNode>): string[] {
  return uniqueTags(Array.from(elements, (element) => textOf([element])));
}

export function categoryOf(text: string | null | undefined): string | null {
  return text?.trim() || null;
}

/** The date unless it was never set, which Plone writes as the end of 1969. */
export function unlessUnset(date: ParsedDate | null): ParsedDate | null {
  return date && date.instant.getUTCFullYear() > 1970 ? date : null;
}

/** The date of the first element that holds one, in its `datetime` attribute or its text. */
export function dateOf(elements: Cheerio<AnyNode>): ParsedDate | null {
  for (const element of elements) {
    const attribute = 'attribs' in element ? element.attribs.datetime : undefined;
    const date =
      unlessUnset(attribute ? parseIsoDate(attribute) : null) ?? unlessUnset(parseBrazilianDate(textOf([element])));
    if (date) return date;
  }
  return null;
}

/** The address of the first of these pictures that shows something and is no part of the frame. */
export function firstImage(images: Cheerio<Element>, baseUrl: string): string | null {
  for (const image of images) {
    const url = imageUrl(image, baseUrl);
    if (url !== null && !ancestorOf(image, isDropped)) return url;
  }
  return null;
}

/** The first of the selected elements that holds any text or picture. */
export function firstFilled($: CheerioAPI, selectors: readonly string[]): Cheerio<Element> | null {
  const empty = new Set<Element>();
  for (const selector of selectors) {
    for (const element of $<Element, string>(selector)) {
      if (ancestorOf(element, (ancestor) => empty.has(ancestor))) continue;
      if (textOf([element]) !== '' || within($, element, ['img']).length > 0) return $(element);
      empty.add(element);
    }
  }
  return null;
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
