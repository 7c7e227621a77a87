import { type Cheerio, type CheerioAPI, load } from 'cheerio/slim';
import { DomHandler, Parser, parseDocument } from 'htmlparser2';
import { collapse } from '../../shared/markdown/collapse.ts';
import { PageLimitError } from './errors.ts';

export { collapse };

/** Any node of a parsed page. */
export type AnyNode = Exclude<Parameters<typeof load>[0], string | Buffer | unknown[]>;
export type Element = Extract<AnyNode, { attribs: unknown }>;

/** Beyond these a page is an attack or an accident; the walks over the tree recurse, and some parsers turn quadratic. */
const MAX_MARKUP_LENGTH = 3_000_000;
const MAX_DEPTH = 512;
/** Elements, texts and comments; the largest tables of real pages have two thirds of it. */
const MAX_NODES = 60_000;

export function isElement(node: AnyNode): node is Element {
  return 'attribs' in node;
}

/** @throws {PageLimitError} over 3 million characters, in one piece or in many. */
export function refuseLongMarkup(length: number, url: string): void {
  if (length <= MAX_MARKUP_LENGTH) return;
  throw new PageLimitError(url, `its markup has ${length} characters, at most ${MAX_MARKUP_LENGTH} are parsed`);
}

/** How many nodes may still be made of a page; shared by its parts where it comes in several. */
export interface NodeBudget {
  left: number;
}

export function nodeBudget(): NodeBudget {
  return { left: MAX_NODES };
}

/**
 * Parses a page with htmlparser2: several times faster than a parser true to the specification, and Plone's and EBC's
 * pages are well formed enough for it.
 *
 * @throws {PageLimitError} over 3 million characters, 512 levels or 60,000 nodes, before they cost more than a moment.
 */
export function parseHtml(html: string, url: string, budget = nodeBudget()): CheerioAPI {
  refuseLongMarkup(html.length, url);
  let depth = 0;
  let isText = false;
  const addNode = () => {
    budget.left -= 1;
    if (budget.left < 0) throw new PageLimitError(url, `its markup has more than ${MAX_NODES} elements and texts`);
  };
  const handler = new DomHandler();
  const parser = new Parser({
    onparserinit: (self) => handler.onparserinit(self),
    onopentag(name, attributes) {
      depth += 1;
      isText = false;
      addNode();
      // The parser itself takes minutes for a megabyte of unclosed elements.
      if (depth > MAX_DEPTH) throw new PageLimitError(url, `its markup is nested deeper than ${MAX_DEPTH} levels`);
      handler.onopentag(name, attributes);
    },
    onclosetag() {
      depth -= 1;
      isText = false;
      handler.onclosetag();
    },
    ontext(text) {
      // An escaped character is a text of its own to the parser.
      if (!isText) addNode();
      isText = true;
      handler.ontext(text);
    },
    oncomment(text) {
      isText = false;
      addNode();
      handler.oncomment(text);
    },
    oncommentend: () => handler.oncommentend(),
    onend: () => handler.onend(),
  });
  parser.end(html);
  return load(underOneElement(handler.root));
}

/** The same page with a single element at the top: selecting takes time quadratic in the number of those. */
function underOneElement(root: DomHandler['root']): DomHandler['root'] {
  const document = parseDocument('<html></html>');
  for (const top of document.children) {
    if (!isElement(top)) continue;
    top.children = root.children as typeof top.children;
    for (const child of top.children) child.parent = top;
  }
  return document;
}

const BREAKING =
  /^(?:address|article|aside|blockquote|br|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|menu|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)$/;

/** Never part of a text: code, controls, navigation, players with what they say to old browsers. */
const DROPPED_TAGS = new Set(
  `audio button canvas embed form head iframe input link map meta nav object script select style svg template
   textarea video xml`.split(/\s+/),
);
/** What Plone puts around and into a body. */
const DROPPED_CLASSES = new Set(
  `social-links documentByLine documentActions documentPublished documentModified hiddenStructure sr-only
   visually-hidden visualClear portalMessage link-clipboard`.split(/\s+/),
);
/** Text that a click opens is of the page, however it is kept closed until then. */
const OPENED_CLASSES = new Set(['collapse', 'panel-collapse', 'accordion-collapse', 'tab-pane']);
/** Of a style attribute. */
export const HIDING_STYLE = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b/i;

/** Whether an element has no place in a text: it is none, or no reader ever sees it. */
export function isDropped({ name, attribs }: Element): boolean {
  if (DROPPED_TAGS.has(name)) return true;
  const classes = attribs.class?.split(/\s+/) ?? [];
  if (classes.some((className) => DROPPED_CLASSES.has(className))) return true;
  const isHidden =
    attribs.hidden !== undefined ||
    (attribs.style !== undefined && HIDING_STYLE.test(attribs.style)) ||
    (attribs['aria-hidden'] === 'true' && classes.includes('modal'));
  return isHidden && !classes.some((className) => OPENED_CLASSES.has(className));
}

/** The nearest element around one that fits; undefined when there is none. */
export function ancestorOf(element: Element, fits: (ancestor: Element) => boolean): Element | undefined {
  for (let { parent } = element; parent && isElement(parent); { parent } = parent) if (fits(parent)) return parent;
  return undefined;
}

/** Takes elements out of the page; the library's own `remove` takes time quadratic in the number of siblings. */
export function removeAll(elements: Iterable<AnyNode>): void {
  const removed = new Set(elements);
  for (const parent of new Set(Array.from(removed, (element) => element.parent))) {
    if (parent) parent.children = parent.children.filter((child) => !removed.has(child));
  }
}

/** What matches below an element. The library's own `find` takes time quadratic in the number of children. */
export function within($: CheerioAPI, element: Element, selectors: readonly string[]): Cheerio<Element> {
  return $(element).find<Element>(selectors.map((selector) => `:scope ${selector}`).join(', '));
}

/** Whether text before and after this tag are separate words, whatever stands between. */
export function breaksText(tagName: string): boolean {
  return BREAKING.test(tagName);
}

function rawText(node: AnyNode): string {
  if (node.type === 'text') return node.data;
  if (!isElement(node)) return '';
  if (node.name === 'script' || node.name === 'style') return '';
  const inner = node.children.map(rawText).join('');
  return breaksText(node.name) ? ` ${inner} ` : inner;
}

/** The text of nodes on one line; words never glue where a block or a line ends. Empty when there is none. */
export function textOf(nodes: Iterable<AnyNode>): string {
  return collapse(Array.from(nodes, rawText).join(' ')).trim();
}

/** A text as it stands in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** An absolute http(s), mailto or tel address, or null for anything that is none (`javascript:`, `data:`, broken). */
export function absoluteUrl(href: string | undefined, baseUrl: string): string | null {
  if (href === undefined) return null;
  const url = URL.parse(href.trim(), baseUrl);
  return url && /^(?:https?|mailto|tel):$/.test(url.protocol) ? url.href : null;
}

/** An absolute http(s) address, or null for anything else. */
export function webUrl(href: string | undefined, baseUrl: string): string | null {
  const url = absoluteUrl(href, baseUrl);
  return url?.startsWith('http') ? url : null;
}

/** What relative links of a page are relative to, by what its `<base>` says. */
export function resolveBase(href: string | undefined, pageUrl: string): string {
  return webUrl(href, pageUrl) ?? pageUrl;
}

/** The same, read from the page. */
export function baseUrlOf($: CheerioAPI, pageUrl: string): string {
  return resolveBase($('base[href]').attr('href'), pageUrl);
}
