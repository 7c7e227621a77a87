import { escapeHtml } from '../html.ts';
import { isRecord, type JsonRecord, stringOf } from './json.ts';

/** Tags that Slate's node types stand for. */
const SLATE_TAGS =
  /^(?:p|h[1-6]|ul|ol|li|blockquote|table|thead|tbody|tr|td|th|strong|b|em|i|u|del|s|sub|sup|code|pre)$/;
/** Names that other editors have for them. */
const SLATE_TYPES: Record<string, string> = {
  paragraph: 'p',
  quote: 'blockquote',
  'block-quote': 'blockquote',
  'bulleted-list': 'ul',
  'numbered-list': 'ol',
  'list-item': 'li',
};
/** Tags that a property of a text stands for. */
const SLATE_MARKS: Record<string, string> = {
  bold: 'strong',
  strong: 'strong',
  italic: 'em',
  em: 'em',
  sub: 'sub',
  sup: 'sup',
};

/** Depth of blocks within blocks and of Slate nodes that is still read; beyond it a document is not an article. */
export const MAX_DEPTH = 60;

/** A plain text as it stands in HTML. */
export function plainHtml(text: string): string {
  return escapeHtml(text).replaceAll(/\r\n?|\n/g, '<br>');
}

function textHtml(node: JsonRecord): string {
  const tags = new Set(Object.keys(SLATE_MARKS).flatMap((mark) => (node[mark] === true ? SLATE_MARKS[mark]! : [])));
  return [...tags].reduce((html, tag) => `<${tag}>${html}</${tag}>`, plainHtml(stringOf(node.text)));
}

function slateNode(node: unknown, isInline: boolean, depth: number): string {
  if (!isRecord(node) || depth > MAX_DEPTH) return '';
  if (typeof node.text === 'string') return textHtml(node);
  const inner = slateNodes(node.children, depth + 1);
  const named = stringOf(node.type);
  const type = Object.hasOwn(SLATE_TYPES, named) ? SLATE_TYPES[named]! : named;
  const data = isRecord(node.data) ? node.data : {};
  const url = stringOf(data.url) || stringOf(node.url) || linkedUrl(data.link);
  if (type === 'link' || type === 'a') return url === '' ? inner : `<a href="${escapeHtml(url)}">${inner}</a>`;
  if (SLATE_TAGS.test(type)) return `<${type}>${inner}</${type}>`;
  return isInline ? inner : `<div>${inner}</div>`;
}

/** The older form of a link: to an object of the site or to elsewhere. */
function linkedUrl(link: unknown): string {
  if (!isRecord(link)) return '';
  const [internal] = isRecord(link.internal) ? [link.internal.internal_link].flat() : [];
  const external = isRecord(link.external) ? link.external.external_link : undefined;
  return stringOf(isRecord(internal) ? internal['@id'] : undefined) || stringOf(external);
}

export function slateNodes(nodes: unknown, depth = 0): string {
  if (!Array.isArray(nodes)) return '';
  // Slate has texts around whatever stands within a line, and none between blocks.
  const isInline = nodes.some((node) => isRecord(node) && typeof node.text === 'string');
  return nodes.map((node) => slateNode(node, isInline, depth)).join('');
}

/** A text in any of the forms that blocks hold one: plain, HTML, Slate, or the older editor's paragraphs. */
export function richText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '' : `<p>${plainHtml(value)}</p>`;
  if (!isRecord(value)) return slateNodes(value);
  return Array.isArray(value.blocks) ? draftText(value.blocks.filter(isRecord)) : stringOf(value.data);
}

const DRAFT_HEADINGS = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Paragraphs of DraftJS, of which only list items, headings and quotes have a form. */
function draftText(lines: readonly JsonRecord[]): string {
  return lines
    .map((line) => {
      const text = plainHtml(stringOf(line.text));
      const type = stringOf(line.type);
      const [, size] = /^header-(\w+)$/.exec(type) ?? [];
      if (type === 'ordered-list-item') return `<ol><li>${text}</li></ol>`;
      if (type === 'unordered-list-item') return `<ul><li>${text}</li></ul>`;
      if (size !== undefined) return headingHtml(`h${DRAFT_HEADINGS.indexOf(size) + 1}`, text);
      return type === 'blockquote' ? `<blockquote>${text}</blockquote>` : `<p>${text}</p>`;
    })
    .join('')
    .replaceAll(/<\/(ul|ol)><\1>/g, '');
}

/** A heading of this tag, or of the second level where it is none. */
export function headingHtml(tag: string, html: string): string {
  const name = /^h[1-6]$/.test(tag) ? tag : 'h2';
  return html === '' ? '' : `<${name}>${html}</${name}>`;
}
