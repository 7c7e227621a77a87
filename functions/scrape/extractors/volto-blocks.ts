import { escapeHtml } from '../html.ts';
import { isRecord, type JsonRecord, stringOf } from './json.ts';
import { playerBlock } from './volto-films.ts';
import { imageBlock, pictureHtml } from './volto-pictures.ts';
import { headingHtml, MAX_DEPTH, plainHtml, richText, slateNodes } from './volto-slate.ts';

function headingBlock(block: JsonRecord): string {
  const text = stringOf(block.heading) || stringOf(block.text) || stringOf(block.title);
  const level = typeof block.level === 'number' ? `h${block.level}` : '';
  return headingHtml(stringOf(block.tag) || level, plainHtml(text.trim()));
}

/** A picture with a headline and a text of its own. */
function heroBlock(block: JsonRecord): string {
  const title = headingHtml('h2', plainHtml(stringOf(block.title).trim()));
  const text = [block.description, block.text, block.value].map(richText).find((html) => html !== '') ?? '';
  return `${pictureHtml(block)}${title}${text}`;
}

function tableBlock(block: JsonRecord): string {
  const rows = isRecord(block.table) && Array.isArray(block.table.rows) ? block.table.rows.filter(isRecord) : [];
  const html = rows.map((row) => {
    const cells = Array.isArray(row.cells) ? row.cells.filter(isRecord) : [];
    return `<tr>${cells.map((cell) => `<td>${richText(cell.value)}</td>`).join('')}</tr>`;
  });
  return html.length === 0 ? '' : `<table>${html.join('')}</table>`;
}

/** A quote, and below it who said it and where. */
function quoteBlock(block: JsonRecord): string {
  const text = richText(block.value) || richText(block.quote) || richText(block.text);
  const sources = [block.attribution, block.author, block.source, block.cite, block.extra].map(richText);
  return text === '' ? '' : `<blockquote>${text}${[...new Set(sources)].join('')}</blockquote>`;
}

/** What holds no text of its own: fields of the article, buttons, and what the site says of other pages. */
const FRAME =
  /^(?:title|description|subtitleBlock|lead_?image|preview_?image|textToSpeech|teaser|toc|maps|separator|button|relatedItems?|breadcrumbs?)$|share|social|listing|(?<!re)search|facet|query|filter|newsletter|subscri|captcha|login|navigation/i;
const FORM = /(?:^|[^A-Za-z])form(?![a-z])|Form(?![a-z])|[Ff]ormul[aá]rio/;

/** Where blocks of types that are not known by name keep a text, in order of preference. */
const TEXT_FIELDS = ['value', 'html', 'text', 'quote', 'content', 'body', 'description', 'plaintext'];
/** Where they keep what they are made of. */
const PART_FIELDS = ['columns', 'tabs', 'panels', 'subblocks', 'items', 'slides', 'cards'];

/** The blocks that have a form; a type that is not here is read by what it holds. */
const BLOCKS: Record<string, (block: JsonRecord) => string> = {
  slate: (block) => slateNodes(block.value) || richText(block.plaintext),
  html: (block) => stringOf(block.html),
  text: (block) => richText(block.text),
  heading: headingBlock,
  hero: heroBlock,
  quote: quoteBlock,
  image: imageBlock,
  video: playerBlock,
  table: tableBlock,
  slateTable: tableBlock,
};

/** Columns, tabs and the like hold blocks of their own, boxes a text. */
function otherBlock(block: JsonRecord, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  const holders = isRecord(block.data) ? [block, block.data] : [block];
  const inner = holders.flatMap((holder) => [...bodyHtml(holder, depth + 1), ...partsHtml(holder, depth + 1)]);
  const texts = inner.length > 0 ? inner : [holders.map(ownText).find((text) => text !== '') ?? '', playerBlock(block)];
  const title = stringOf(block.title).trim();
  const isEmpty = texts.every((text) => text === '');
  return title === '' || isEmpty ? texts : [`<p><strong>${escapeHtml(title)}</strong></p>`, ...texts];
}

function partsHtml(holder: JsonRecord, depth: number): string[] {
  const parts = PART_FIELDS.map((name) => holder[name]).filter(Array.isArray);
  return parts
    .flatMap((list) => list.filter(isRecord))
    .flatMap((part) => blockHtml(part, depth))
    .filter((html) => html !== '');
}

function ownText(block: JsonRecord): string {
  const texts = TEXT_FIELDS.map((name) => (name === 'html' ? stringOf(block.html) : richText(block[name])));
  return texts.find((text) => text !== '') ?? '';
}

function blockHtml(block: JsonRecord, depth: number): string[] {
  const type = stringOf(block['@type']);
  if (Object.hasOwn(BLOCKS, type)) return [BLOCKS[type]!(block)];
  return FRAME.test(type) || FORM.test(type) ? [] : otherBlock(block, depth);
}

/**
 * The body of a Volto document as pieces of HTML, its blocks in the order of `blocks_layout`. Frame (title, description,
 * lead image, share buttons, text to speech, listings, forms) is left out.
 */
export function bodyHtml(content: JsonRecord, depth = 0): string[] {
  const { blocks, blocks_layout: layout } = content;
  if (!isRecord(blocks) || depth > MAX_DEPTH) return [];
  const order: unknown[] = isRecord(layout) && Array.isArray(layout.items) ? layout.items : Object.keys(blocks);
  const ids = order.filter((id) => typeof id === 'string' || typeof id === 'number').map(String);
  // An id stands for one block, however often it is named.
  return [...new Set(ids)]
    .map((id) => (Object.hasOwn(blocks, id) ? blocks[id] : null))
    .filter(isRecord)
    .flatMap((block) => blockHtml(block, depth))
    .filter((html) => html !== '')
    .map((html) => html.replaceAll('/++api++', ''));
}
