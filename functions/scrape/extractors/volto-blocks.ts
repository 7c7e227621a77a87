import { escapeHtml } from '../html.ts';
import { isRecord, type JsonRecord, stringOf } from './json.ts';

/** Tags that Slate's node types stand for; others are transparent. */
const SLATE_TAGS =
  /^(?:p|h[1-6]|ul|ol|li|blockquote|table|thead|tbody|tr|td|th|strong|b|em|i|u|del|s|sub|sup|code|pre)$/;
const SLATE_MARKS = ['bold', 'strong', 'italic', 'em'];

/** Depth of blocks within blocks and of Slate nodes that is still read; beyond it a document is not an article. */
const MAX_DEPTH = 60;

function slateNode(node: unknown, depth: number): string {
  if (!isRecord(node) || depth > MAX_DEPTH) return '';
  if (typeof node.text === 'string') {
    const text = escapeHtml(node.text).replaceAll('\n', '<br>');
    const marks = SLATE_MARKS.filter((mark) => node[mark] === true);
    return marks.reduce(
      (html, mark) => (mark === 'italic' || mark === 'em' ? `<em>${html}</em>` : `<strong>${html}</strong>`),
      text,
    );
  }
  const inner = slateNodes(node.children, depth + 1);
  const type = stringOf(node.type);
  const data = isRecord(node.data) ? node.data : {};
  const url = stringOf(data.url) || stringOf(node.url);
  if (type === 'link' || type === 'a') return url === '' ? inner : `<a href="${escapeHtml(url)}">${inner}</a>`;
  return SLATE_TAGS.test(type) ? `<${type}>${inner}</${type}>` : inner;
}

function slateNodes(nodes: unknown, depth = 0): string {
  return Array.isArray(nodes) ? nodes.map((node) => slateNode(node, depth)).join('') : '';
}

/** What the site says of a picture's sizes: a list, or a list by field. */
function scalesOf({ image_scales: scales }: JsonRecord): JsonRecord | undefined {
  const records = [scales].flat().filter(isRecord);
  return records.flatMap((record) => ('download' in record ? record : Object.values(record).flat())).find(isRecord);
}

function imageBlock(block: JsonRecord): string {
  const [reference] = [block.url].flat();
  const address = (isRecord(reference) ? stringOf(reference['@id']) : stringOf(reference)).replace(/\/$/, '');
  if (address === '') return '';
  const download = stringOf(scalesOf(block)?.download);
  // A block points at an image object of the site; the picture itself is a view of it.
  const isObject =
    !address.includes('/@@') && !(/^https?:/.test(address) && !/^https?:\/\/[^/]*gov\.br\//.test(address));
  const view = /^https?:/.test(download) ? download : `${address}/${download || '@@images/image'}`;
  const url = isObject ? view : address;
  const caption = stringOf(block.caption) || stringOf(block.description);
  const picture = `<p><img src="${escapeHtml(url)}" alt="${escapeHtml(stringOf(block.alt))}"></p>`;
  return caption === '' ? picture : `${picture}<p>${escapeHtml(caption)}</p>`;
}

/** The older plain-text editor: paragraphs of DraftJS, of which only list items and headings have a form. */
function textBlock(block: JsonRecord): string {
  if (typeof block.text === 'string') return `<p>${escapeHtml(block.text)}</p>`;
  const lines = isRecord(block.text) && Array.isArray(block.text.blocks) ? block.text.blocks.filter(isRecord) : [];
  return lines
    .map((line) => {
      const text = escapeHtml(stringOf(line.text)).replaceAll('\n', '<br>');
      const type = stringOf(line.type);
      if (/^(?:un)?ordered-list-item$/.test(type)) return `<ul><li>${text}</li></ul>`;
      if (/^header-/.test(type)) return `<h2>${text}</h2>`;
      return type === 'blockquote' ? `<blockquote>${text}</blockquote>` : `<p>${text}</p>`;
    })
    .join('')
    .replaceAll('</ul><ul>', '');
}

function tableBlock(block: JsonRecord): string {
  const rows = isRecord(block.table) && Array.isArray(block.table.rows) ? block.table.rows.filter(isRecord) : [];
  const html = rows.map((row) => {
    const cells = Array.isArray(row.cells) ? row.cells.filter(isRecord) : [];
    return `<tr>${cells.map((cell) => `<td>${slateNodes(cell.value)}</td>`).join('')}</tr>`;
  });
  return html.length === 0 ? '' : `<table>${html.join('')}</table>`;
}

/** Columns, tabs and the like hold blocks of their own, quotes and boxes a rich text; all other types are frame. */
function otherBlock(block: JsonRecord, depth: number): string[] {
  const inner = bodyHtml(isRecord(block.data) ? block.data : block, depth + 1);
  const title = stringOf(block.title).trim();
  if (inner.length > 0) return title === '' ? inner : [`<p><strong>${escapeHtml(title)}</strong></p>`, ...inner];
  return [slateNodes(block.value)];
}

function blockHtml(block: JsonRecord, depth: number): string[] {
  switch (block['@type']) {
    case 'slate':
      return [slateNodes(block.value) || `<p>${escapeHtml(stringOf(block.plaintext))}</p>`];
    case 'html':
      return [stringOf(block.html)];
    case 'text':
      return [textBlock(block)];
    case 'image':
      return [imageBlock(block)];
    case 'table':
    case 'slateTable':
      return [tableBlock(block)];
    default:
      return otherBlock(block, depth);
  }
}

/**
 * The body of a Volto document as pieces of HTML, its blocks in the order of `blocks_layout`. Frame (title, description,
 * lead image, share buttons, text to speech, listings) is left out.
 */
export function bodyHtml(content: JsonRecord, depth = 0): string[] {
  const { blocks, blocks_layout: layout } = content;
  if (!isRecord(blocks) || depth > MAX_DEPTH) return [];
  const order = isRecord(layout) && Array.isArray(layout.items) ? layout.items : Object.keys(blocks);
  // An id stands for one block, however often it is named.
  return [...new Set(order)]
    .map((id) => blocks[String(id)])
    .filter(isRecord)
    .flatMap((block) => blockHtml(block, depth))
    .filter((html) => html !== '')
    .map((html) => html.replaceAll('/++api++', ''));
}
