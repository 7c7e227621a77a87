import { type AnyNode, absoluteUrl, breaksText, collapse, type Element, isElement } from './html.ts';
import { imageUrl } from './image-url.ts';

/** Never part of a text: code, controls, navigation. */
const DROPPED_TAGS = new Set(
  `button canvas embed form head iframe input link map meta nav object script select style svg template
   textarea`.split(/\s+/),
);
/** What Plone puts around and into a body. */
const DROPPED_CLASSES = new Set(
  `social-links documentByLine documentActions documentPublished documentModified hiddenStructure sr-only visualClear
   portalMessage link-clipboard`.split(/\s+/),
);
const MARKS: Record<string, string> = { strong: 'strong', b: 'strong', em: 'em', i: 'em' };
const SUPERSCRIPTS = new Map([...'0123456789-oa'].map((character, index) => [character, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻ºª'][index]]));

/** Whether an element has no place in a text. */
export function isDropped({ name, attribs }: Element): boolean {
  if (DROPPED_TAGS.has(name)) return true;
  return attribs.class?.split(/\s+/).some((className) => DROPPED_CLASSES.has(className)) ?? false;
}

/** Backslashes before what Markdown would take for syntax, and only there: the text is also searched and embedded. */
const SYNTAX =
  /[\\`]|\*(?=\S)|(?<=\S)\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\[(?=[^\]]{0,120}\][([])|~(?=~)|<(?=[a-z/!?])/giu;

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function text(data: string): string {
  return escapeHtml(collapse(data).replace(SYNTAX, '\\$&'));
}

function image(element: Element, baseUrl: string): string {
  const url = imageUrl(element, baseUrl);
  if (url === null) return '';
  const alt = collapse(element.attribs.alt ?? '').replace(/[[\]\\`<>]/g, '');
  return `<img src="${linkTarget(url)}" alt="${escapeHtml(alt.trim())}">`;
}

/** Parentheses would end a Markdown link. */
function linkTarget(url: string): string {
  return escapeHtml(url.replace(/\(/g, '%28').replace(/\)/g, '%29'));
}

/** Puts a tag around what is between the white space of a line: `**bold **word` is no Markdown. */
function wrap(line: string, open: string, close: string): string {
  const content = line.trim();
  return content === '' ? line : line.replace(content, () => open + content + close);
}

/** What stands in for a picture that a script loads later, where the picture itself does not say where it is. */
function isNeededWithoutScript(element: Element, baseUrl: string): boolean {
  let previous = element.prev;
  while (previous && !isElement(previous)) previous = previous.prev;
  return previous !== null && previous.name === 'img' && imageUrl(previous, baseUrl) === null;
}

interface Context {
  baseUrl: string;
  /** Tags already open: Markdown nests no mark in itself and no link in a link. */
  open: readonly string[];
}

function inlineElement(element: Element, context: Context): string {
  const { name } = element;
  if (isDropped(element)) return '';
  if (name === 'br') return '<br>';
  if (name === 'img') return image(element, context.baseUrl);
  if (name === 'noscript' && !isNeededWithoutScript(element, context.baseUrl)) return '';

  const tag = name === 'a' ? 'a' : MARKS[name];
  const isNew = tag !== undefined && !context.open.includes(tag);
  const inner = inlineHtml(element.children, isNew ? { ...context, open: [...context.open, tag] } : context);
  if (isNew && tag === 'a') {
    const url = absoluteUrl(element.attribs.href, context.baseUrl);
    const line = inner.replaceAll('<br>', ' ');
    return url === null ? line : wrap(line, `<a href="${linkTarget(url)}">`, '</a>');
  }
  if (isNew) {
    const lines = inner.split('<br>').map((line) => wrap(line, `<${tag}>`, `</${tag}>`));
    return lines.join('<br>');
  }
  if (name === 'sup') {
    const characters = [...inner.trim()].map((character) => SUPERSCRIPTS.get(character));
    return characters.every((character) => character !== undefined) ? characters.join('') : inner;
  }
  return breaksText(name) ? ` ${inner} ` : inner;
}

/**
 * Nodes as one run of HTML that has nothing but text, `<br>`, `<img>`, `<a>`, `<strong>` and `<em>`, with absolute
 * addresses and texts escaped for Markdown. `<br>` stands at the top level only.
 */
export function inlineHtml(nodes: readonly AnyNode[], context: Context): string {
  let html = '';
  for (const node of nodes) {
    if (node.type === 'text') html += text(node.data);
    else if (isElement(node)) html += inlineElement(node, context);
  }
  return html;
}

/** Marks that the rules of CommonMark would not see as such: side by side, inside a word, or against punctuation. */
function mendMarks(html: string): string {
  return html
    .replace(/<\/(strong|em)>( ?)<\1>/g, '$2')
    .replace(/([.,:!?)”’»…–—-]{1,8})<\/strong>(?=[\p{L}\p{N}])/gu, '</strong>$1')
    .replace(/(?<=[\p{L}\p{N}])<strong>([(“‘«–—-]{1,8})/gu, '$1<strong>')
    .replace(/(?<=[\p{L}\p{N}])<em>([^<]*)<\/em>|<em>([^<]*)<\/em>(?=[\p{L}\p{N}])/gu, '$1$2')
    .replace(/<(strong|em)><\/\1>/g, '');
}

/** A backslash before what is syntax only at the start of a line. */
function escapeLineStarts(html: string): string {
  return html
    .replace(/(^|<br>)( ?)(?=(?:[#+=-]|&gt;)(?:\s|[-=#]|$)|&gt;)/g, '$1$2\\')
    .replace(/(^|<br>)( ?\d{1,9})(?=[.)] )/g, '$1$2\\');
}

/** Runs of inline nodes as paragraphs; two line breaks in a row are what editors make paragraphs with. */
export function paragraphs(nodes: readonly AnyNode[], baseUrl: string): string[] {
  return inlineHtml(nodes, { baseUrl, open: [] })
    .replace(/ {2,}/g, ' ')
    .split(/\s*<br>(?:\s*<br>)+\s*/)
    .map((html) => html.replace(/^(?:\s|<br>)+/, '').replace(/\s*(?:<br>)?\s*$/, ''))
    .filter((html) => html !== '')
    .map((html) => `<p>${escapeLineStarts(mendMarks(html))}</p>`);
}

/** A heading's text: one line, and no bold in it, which says nothing there. */
export function headingHtml(element: Element, baseUrl: string): string {
  const html = inlineHtml(element.children, { baseUrl, open: ['strong'] });
  return mendMarks(html.replaceAll('<br>', ' ').trim());
}
