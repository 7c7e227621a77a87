import { escapeHtml } from '../html.ts';
import { playerLink } from '../markdown/player-links.ts';
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
  const url = stringOf(data.url) || stringOf(node.url) || linkedUrl(data.link);
  if (type === 'link' || type === 'a') return url === '' ? inner : `<a href="${escapeHtml(url)}">${inner}</a>`;
  return SLATE_TAGS.test(type) ? `<${type}>${inner}</${type}>` : inner;
}

/** The older form of a link: to an object of the site or to elsewhere. */
function linkedUrl(link: unknown): string {
  if (!isRecord(link)) return '';
  const [internal] = isRecord(link.internal) ? [link.internal.internal_link].flat() : [];
  const external = isRecord(link.external) ? link.external.external_link : undefined;
  return stringOf(isRecord(internal) ? internal['@id'] : undefined) || stringOf(external);
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

/** A text in any of the forms that blocks hold one: plain, HTML, Slate, or the older editor's paragraphs. */
function richText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '' : `<p>${escapeHtml(value)}</p>`;
  if (!isRecord(value)) return slateNodes(value);
  return Array.isArray(value.blocks) ? draftText(value.blocks.filter(isRecord)) : stringOf(value.data);
}

/** Paragraphs of DraftJS, of which only list items, headings and quotes have a form. */
function draftText(lines: readonly JsonRecord[]): string {
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
    return `<tr>${cells.map((cell) => `<td>${richText(cell.value)}</td>`).join('')}</tr>`;
  });
  return html.length === 0 ? '' : `<table>${html.join('')}</table>`;
}

function quoteBlock(block: JsonRecord): string {
  const text = richText(block.value) || richText(block.quote);
  return text === '' ? '' : `<blockquote>${text}${richText(block.attribution)}</blockquote>`;
}

/** A film or sound of another site, wherever the block keeps its address. A file of the site is a field of its own. */
function playerBlock(block: JsonRecord): string {
  const addresses = [block.url, block.src, block.href, block.video].map(stringOf);
  // Only players have absolute addresses.
  const address = addresses.find((text) => playerLink(text, text) !== null);
  return address === undefined ? '' : `<iframe src="${escapeHtml(address)}"></iframe>`;
}

/** What holds no text of its own: fields of the article, buttons, and what the site says of other pages. */
const FRAME =
  /^(?:title|description|subtitleBlock|lead_?image|preview_?image|textToSpeech|listing|search|teaser|toc|maps|separator|button|relatedItems?|breadcrumbs?)$|share|social/i;

/** Where blocks of types that are not known by name keep a text, in order of preference. */
const TEXT_FIELDS = ['value', 'html', 'text', 'quote', 'content', 'plaintext'];

/** The blocks that have a form; a type that is not here is read by what it holds. */
const BLOCKS: Record<string, (block: JsonRecord) => string> = {
  slate: (block) => slateNodes(block.value) || richText(block.plaintext),
  html: (block) => stringOf(block.html),
  text: (block) => richText(block.text),
  heading: (block) => `<h2>${escapeHtml(stringOf(block.heading))}</h2>`,
  quote: quoteBlock,
  image: imageBlock,
  video: playerBlock,
  table: tableBlock,
  slateTable: tableBlock,
};

/** Columns, tabs and the like hold blocks of their own, boxes a text. */
function otherBlock(block: JsonRecord, depth: number): string[] {
  const columns = Array.isArray(block.columns) ? block.columns.filter(isRecord) : [];
  const holders = [isRecord(block.data) ? block.data : block, ...columns];
  const inner = holders.flatMap((holder) => bodyHtml(holder, depth + 1));
  const title = stringOf(block.title).trim();
  if (inner.length > 0) return title === '' ? inner : [`<p><strong>${escapeHtml(title)}</strong></p>`, ...inner];
  const texts = TEXT_FIELDS.map((name) => (name === 'html' ? stringOf(block.html) : richText(block[name])));
  return [texts.find((text) => text !== '') ?? '', playerBlock(block)];
}

function blockHtml(block: JsonRecord, depth: number): string[] {
  const type = stringOf(block['@type']);
  if (Object.hasOwn(BLOCKS, type)) return [BLOCKS[type]!(block)];
  return FRAME.test(type) ? [] : otherBlock(block, depth);
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

/** The address of the first film among the blocks that is a file of its own. */
export function videoOf({ blocks }: JsonRecord): string | undefined {
  const addresses = isRecord(blocks)
    ? Object.values(blocks)
        .filter((block) => isRecord(block) && block['@type'] === 'video')
        .map((block) => stringOf((block as JsonRecord).url))
    : [];
  return addresses.find((address) => /\.mp4(?:[?#]|$)/i.test(address));
}
