import type { CheerioAPI } from 'cheerio/slim';
import { PageLimitError } from '../../errors.ts';
import { type AnyNode, ancestorOf, type Element, escapeHtml, HIDING_STYLE, isElement } from '../../html.ts';
import { framedPlayer } from '../../markdown/player-links.ts';
import { shortText } from './text.ts';

/**
 * Readability reads the text of an element again at each level above it, and for the elements in that once more: its
 * time grows with what a page holds times the square of its depth. Real pages stay far below both bounds: at them it
 * takes most of a second.
 */
const MAX_EFFORT = 200_000_000;
const ELEMENT_EFFORT = 20;
const MAX_NODES = 15_000;

const NEVER_TEXT = new Set(
  'audio base button canvas dialog embed head iframe input link map menu meta nav object script select style svg template textarea title video'.split(
    ' ',
  ),
);
const FRAME_ROLE = /^(?:navigation|banner|contentinfo|search|menu|menubar|dialog|alertdialog|complementary)$/i;
const MAX_FORM_LENGTH = 1000;
const VOID = /^(?:area|br|col|hr|img|wbr)$/;

/** What Readability or the conversion to Markdown looks at. */
const KEPT_ATTRIBUTES = new Set(
  `class id role href src data-src data-original data-lazy-src data-echo alt width height colspan rowspan start rel
   itemprop datetime data-instgrm-permalink data-href`.split(/\s+/),
);
/** Longer values are data; several expressions of Readability are quadratic in them. */
const MAX_ATTRIBUTE_LENGTH = 2000;

/** Whether a browser would not show an element, or shows it as part of the frame around the text. */
export function isFrame({ name, attribs }: Element): boolean {
  return (
    NEVER_TEXT.has(name) ||
    attribs.hidden !== undefined ||
    attribs['aria-hidden'] === 'true' ||
    HIDING_STYLE.test(attribs.style ?? '') ||
    FRAME_ROLE.test(attribs.role ?? '')
  );
}

/** The same, with the boxes beside and below what a page is about. */
export function isBesideContent(element: Element): boolean {
  return element.name === 'footer' || element.name === 'aside' || isFrame(element);
}

/** The name under which an element is worth reading: pages that are one big form are common on older servers. */
function readName(element: Element): string {
  return element.name === 'form' && shortText(element, MAX_FORM_LENGTH) === null ? 'div' : element.name;
}

interface Budget {
  url: string;
  nodes: number;
  effort: number;
}

function spend(budget: Budget, nodes: number, effort: number): void {
  budget.nodes += nodes;
  budget.effort += effort;
  if (budget.nodes <= MAX_NODES && budget.effort <= MAX_EFFORT) return;
  const reason = budget.nodes > MAX_NODES ? 'has too many nodes' : 'is nested too deep for its length';
  throw new PageLimitError(budget.url, `its markup ${reason} to look for a text in it`);
}

/** The parser makes a node of each escaped character. */
function writeText(data: string, depth: number, budget: Budget, pieces: string[]): void {
  const escaped = data.match(/[&<]/g)?.length ?? 0;
  spend(budget, 1 + 2 * escaped, data.length * depth * depth);
  pieces.push(data.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
}

function write(node: AnyNode, depth: number, budget: Budget, pieces: string[]): void {
  if (node.type === 'text') writeText(node.data, depth, budget, pieces);
  if (!isElement(node)) return;
  if (framedPlayer(node, budget.url)) {
    spend(budget, 1, ELEMENT_EFFORT * depth * depth);
    const { src = '', 'data-src': lateSrc = '' } = node.attribs;
    pieces.push(`<iframe src="${escapeHtml(src)}" data-src="${escapeHtml(lateSrc)}"></iframe>`);
  }
  if (isFrame(node)) return;
  const name = readName(node);
  if (!/^[a-z][a-z0-9]*$/.test(name)) {
    for (const child of node.children) write(child, depth, budget, pieces);
    return;
  }
  spend(budget, 1, ELEMENT_EFFORT * depth * depth);
  const attributes = Object.entries(node.attribs)
    .filter(([key, value]) => KEPT_ATTRIBUTES.has(key) && value.length <= MAX_ATTRIBUTE_LENGTH)
    .map(([key, value]) => ` ${key}="${escapeHtml(value)}"`);
  pieces.push(`<${name}${attributes.join('')}>`);
  if (VOID.test(name)) return;
  for (const child of node.children) write(child, depth + 1, budget, pieces);
  pieces.push(`</${name}>`);
}

/**
 * The page as Readability should see it: what a reader sees, without code, navigation and what is hidden, and only the
 * attributes that count.
 *
 * @throws {PageLimitError} when looking for a text in it could take more than a second.
 */
export function preparedHtml($: CheerioAPI, { url, title }: { url: string; title: string }): string {
  const budget: Budget = { url, nodes: 0, effort: 0 };
  const pieces: string[] = [];
  const tops = $<Element, string>('body').filter((_, body) => !ancestorOf(body, ({ name }) => name === 'body'));
  const nodes = tops.length > 0 ? tops.toArray().flatMap(({ children }) => children) : $.root().contents().toArray();
  for (const node of nodes) write(node, 1, budget, pieces);
  const heading = escapeHtml(title);
  return `<html><head><title>${heading}</title><meta property="og:title" content="${heading}"></head><body>${pieces.join('')}</body></html>`;
}
