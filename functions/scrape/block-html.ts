import { type AnyNode, breaksText, type Element, isElement, textOf } from './html.ts';
import { headingHtml, isDropped, paragraphs } from './inline-html.ts';

/** The converter takes quadratic time within one block: a larger one is given line by line, without its structure. */
const MAX_BLOCK_LENGTH = 60_000;

/** Elements that hold a block somewhere below, filled from the leaves up. */
type BlockHolders = WeakSet<AnyNode>;

interface Context {
  baseUrl: string;
  holders: BlockHolders;
}

function isBlock({ name }: Element): boolean {
  return name !== 'br' && breaksText(name);
}

function findHolders(nodes: readonly AnyNode[], holders: BlockHolders): boolean {
  let found = false;
  for (const node of nodes) {
    if (!isElement(node)) continue;
    if (findHolders(node.children, holders)) holders.add(node);
    if (isBlock(node) || holders.has(node)) found = true;
  }
  return found;
}

/** A block's content within a list item or a table cell, which hold no paragraphs in Markdown. */
function withoutBlockTags(html: string): string {
  return html
    .replace(/<\/?(?:p|h[1-6]|blockquote|table|tr|td|ul|ol|li|hr)>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const isList = (html: string) => /^<[uo]l>/.test(html);

interface Item {
  text: string;
  /** The lists within it. */
  lists: string;
}

function list({ name, children }: Element, context: Context): string[] {
  const items: Item[] = [];
  for (const child of children) {
    let isNew = true;
    for (const html of blocks(isElement(child) && child.name === 'li' ? child.children : [child], context)) {
      const last = items.at(-1);
      // Editors also put a list within a list beside the item it belongs to.
      if (isList(html) && last) last.lists += html;
      else if (isList(html)) items.push({ text: '', lists: html });
      else if (isNew || !last || last.lists !== '') items.push({ text: withoutBlockTags(html), lists: '' });
      else last.text += `<br>${withoutBlockTags(html)}`;
      isNew = false;
    }
  }
  const [first] = items;
  if (!first) return [];
  if (items.length === 1 && first.text === '') return [first.lists];
  return [`<${name}>${items.map(({ text, lists }) => `<li>${text}${lists}</li>`).join('')}</${name}>`];
}

function childrenNamed(element: Element, names: readonly string[]): Element[] {
  return element.children.filter((child): child is Element => isElement(child) && names.includes(child.name));
}

/** Text that broken markup has between the rows or the cells. */
function hasStrays({ name, children }: Element): boolean {
  const expected = name === 'tr' ? ['td', 'th'] : ['caption', 'thead', 'tbody', 'tfoot', 'tr'];
  return children.some((child) => !(isElement(child) && expected.includes(child.name)) && textOf([child]) !== '');
}

function table(element: Element, context: Context): string[] {
  const sections = [element, ...childrenNamed(element, ['thead', 'tbody', 'tfoot'])];
  const trs = sections.flatMap((section) => childrenNamed(section, ['tr']));
  if ([...sections, ...trs].some(hasStrays)) return blocks(element.children, context);
  const rows = trs.map((row) => childrenNamed(row, ['td', 'th']).map((cell) => blocks(cell.children, context)));
  const caption = childrenNamed(element, ['caption']).flatMap((child) => paragraphs(child.children, context.baseUrl));
  const filled = rows.filter((cells) => cells.some((cell) => cell.length > 0));
  // A table of one column, or one that holds another, is there for the looks.
  const isLayout =
    filled.every((cells) => cells.length < 2) || filled.flat(2).some((html) => html.startsWith('<table>'));
  if (isLayout) return [...caption, ...filled.flat(2)];

  const texts = filled.map((cells) =>
    cells.map((cell) => withoutBlockTags(cell.join(' ')).replaceAll('<br>', ' ').replaceAll('|', '/')),
  );
  const widest = Math.max(...texts.flat().map((text) => text.length));
  // The converter pads every cell to the widest.
  if (widest * texts.flat().length > 50 * MAX_BLOCK_LENGTH) return texts.map((cells) => `<p>${cells.join('; ')}</p>`);
  const html = texts.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return [...caption, `<table>${html.join('')}</table>`];
}

function block(element: Element, context: Context): string[] {
  const { name, children } = element;
  if (/^h[1-6]$/.test(name)) {
    const html = headingHtml(element, context.baseUrl);
    return html === '' ? [] : [`<${name}>${html}</${name}>`];
  }
  if (name === 'ul' || name === 'ol') return list(element, context);
  if (name === 'table') return table(element, context);
  if (name === 'hr') return ['<hr>'];
  const inner = blocks(children, context);
  return name === 'blockquote' && inner.length > 0 ? [`<blockquote>${inner.join('')}</blockquote>`] : inner;
}

function blocks(nodes: readonly AnyNode[], context: Context): string[] {
  const result: string[] = [];
  let run: AnyNode[] = [];
  const endRun = () => {
    if (run.length > 0) result.push(...paragraphs(run, context.baseUrl));
    run = [];
  };
  for (const node of nodes) {
    if (!isElement(node)) run.push(node);
    else if (isDropped(node)) continue;
    else if (isBlock(node) || (context.holders.has(node) && node.name !== 'a')) {
      endRun();
      result.push(...block(node, context));
    } else run.push(node);
  }
  endRun();
  return result;
}

function lines(html: string): string[] {
  return html
    .split(/<\/(?:tr|li|p|h[1-6])>|<br>/)
    .map((line) => line.replace(/<[^<>]*>/g, ' ').trim())
    .filter((line) => line !== '')
    .map((line) => `<p>${line}</p>`);
}

/**
 * A body as a sequence of blocks of small, regular HTML: `p`, `h1`–`h6`, `ul`, `ol`, `table`, `blockquote`, `hr`, with
 * what `inlineHtml` writes in them. Wrappers, styles, scripts and attributes are gone, addresses are absolute.
 */
export function blockHtml(nodes: readonly AnyNode[], baseUrl: string): string[] {
  const holders: BlockHolders = new WeakSet();
  findHolders(nodes, holders);
  const result = blocks(nodes, { baseUrl, holders });
  return result.flatMap((html) => (html.length > MAX_BLOCK_LENGTH ? lines(html) : [html]));
}
