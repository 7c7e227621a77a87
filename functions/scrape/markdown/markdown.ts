import { type AnyNode, type Element, isElement, textOf } from '../html.ts';
import { quotedNodes } from './embedded-posts.ts';
import { escapeLineStart, type Format, inlineMarkdown, PLAIN, paragraphsOf, type Span } from './inline-markdown.ts';
import { type SpanSink, spansOf, type TextBudget, textBudget, walk } from './spans.ts';
import { type Cell, tableMarkdown } from './table-markdown.ts';

/** Deeper ones are read as paragraphs: indentation grows with the depth, and the text with it. */
const MAX_LIST_DEPTH = 8;
const MAX_QUOTE_DEPTH = 3;

interface Block {
  kind: 'text' | 'list' | 'table';
  markdown: string;
  /** The same as plain lines, for list items and table cells, which hold no blocks in Markdown. */
  lines: readonly string[];
}

interface Context {
  baseUrl: string;
  listDepth: number;
  quoteDepth: number;
  keepsLines: boolean;
  budget: TextBudget;
}

function paragraph(lines: readonly string[]): Block {
  return { kind: 'text', markdown: lines.map(escapeLineStart).join('  \n'), lines };
}

function linesOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ lines }) => lines);
}

function heading({ name, children }: Element, format: Format, context: Context): Block[] {
  // Bold says nothing in a heading.
  const spans = spansOf(children, format, context).map((span) => ({ ...span, isStrong: false }));
  const text = inlineMarkdown(spans);
  if (text === '') return [];
  if (!spans.some(({ kind, text: inner }) => kind === 'text' && inner.trim() !== '')) return [paragraph([text])];
  const markdown = `${'#'.repeat(Number(name.slice(1)))} ${text.replace(/(?<=\s|^)#+$/, '\\$&')}`;
  return [{ kind: 'text', markdown, lines: [text] }];
}

function indent(text: string, width: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(width));
}

interface Item {
  lines: string[];
  lists: Block[];
}

/** What each `li` holds, and what broken markup has between them. */
function itemNodes({ children }: Element): (readonly AnyNode[])[] {
  const result: (readonly AnyNode[])[] = [];
  let strays: AnyNode[] = [];
  for (const child of children) {
    if (isElement(child) && child.name === 'li') {
      result.push(strays, child.children);
      strays = [];
    } else strays.push(child);
  }
  return [...result, strays];
}

function listItems(element: Element, format: Format, context: Context): Item[] {
  const items: Item[] = [];
  for (const nodes of itemNodes(element)) {
    let item: Item | undefined;
    for (const block of blocks(nodes, format, context)) {
      if (block.lines.length === 0) continue;
      // Editors also put a list within a list beside the item it belongs to.
      const owner = item ?? items.at(-1);
      if (block.kind === 'list' && owner) owner.lists.push(block);
      else if (item && item.lists.length === 0 && block.kind !== 'list') {
        for (const line of block.lines) item.lines.push(line);
      } else {
        // Text after a list within an item has no place in Markdown but a new one.
        item = block.kind === 'list' ? { lines: [], lists: [block] } : { lines: [...block.lines], lists: [] };
        items.push(item);
      }
    }
  }
  return items;
}

function list(element: Element, format: Format, context: Context): Block[] {
  const items = listItems(element, format, { ...context, listDepth: context.listDepth + 1 });
  // Lists before any text have no item to belong to.
  const loose = items[0]?.lines.length === 0 ? items.shift()!.lists : [];
  if (items.length === 0) return loose;
  const start = /^\d{1,6}$/.test(element.attribs.start ?? '') ? Number(element.attribs.start) : 1;
  const texts = items.map(({ lines, lists }, index) => {
    const marker = element.name === 'ol' ? `${start + index}. ` : '- ';
    const width = Math.max(4, marker.length);
    const text = indent(lines.map(escapeLineStart).join('  \n'), width).trimStart();
    return [marker + text, ...lists.map(({ markdown }) => indent(markdown, width))].join('\n');
  });
  const lines = items.flatMap((item) => item.lines.concat(linesOf(item.lists)));
  const markdown = [...loose.map((block) => block.markdown), ...texts].join('\n');
  return [{ kind: 'list', markdown, lines: linesOf(loose).concat(lines) }];
}

function childrenNamed(element: Element, names: readonly string[]): Element[] {
  return element.children.filter((child): child is Element => isElement(child) && names.includes(child.name));
}

/** The head stands first and the foot last, wherever the markup has them. */
function rank({ name }: Element): number {
  return name === 'thead' ? 0 : name === 'tfoot' ? 2 : 1;
}

/** Text that broken markup has between the rows or the cells. */
function hasStrays({ name, children }: Element): boolean {
  const expected = name === 'tr' ? ['td', 'th'] : ['caption', 'thead', 'tbody', 'tfoot', 'tr'];
  return children.some((child) => !(isElement(child) && expected.includes(child.name)) && textOf([child]) !== '');
}

function spanned(element: Element, name: 'colspan' | 'rowspan'): number {
  return Math.min(1000, Math.max(1, Number.parseInt(element.attribs[name] ?? '', 10) || 1));
}

function table(element: Element, format: Format, context: Context): Block[] {
  const sections = childrenNamed(element, ['thead', 'tr', 'tbody', 'tfoot']).toSorted((a, b) => rank(a) - rank(b));
  const trs = sections.flatMap((section) => (section.name === 'tr' ? section : childrenNamed(section, ['tr'])));
  if ([element, ...sections, ...trs].some(hasStrays)) return blocks(element.children, format, context);
  const rows = trs.map((row) =>
    childrenNamed(row, ['td', 'th']).map((cell) => ({ cell, inner: blocks(cell.children, format, context) })),
  );
  const caption = childrenNamed(element, ['caption']).flatMap((child) => blocks(child.children, format, context));
  const filled = rows.filter((row) => row.some(({ inner }) => inner.length > 0));
  const contents = filled.flat().map(({ inner }) => inner);
  // A table of one row or column, or one that holds another, is there for the looks.
  const isLayout =
    filled.length < 2 ||
    filled.every((row) => row.length < 2) ||
    contents.some((inner) => inner.some(({ kind }) => kind === 'table'));
  if (isLayout) return [...caption, ...contents.flat()];

  const cells = filled.map((row) =>
    row.map(
      ({ cell, inner }): Cell => ({
        text: linesOf(inner).join(' '),
        columnSpan: spanned(cell, 'colspan'),
        rowSpan: spanned(cell, 'rowspan'),
      }),
    ),
  );
  const lines = cells.map((row) =>
    row
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('; '),
  );
  return [...caption, { kind: 'table', markdown: tableMarkdown(cells), lines }];
}

function quote(element: Element, format: Format, context: Context): Block[] {
  const nodes = quotedNodes(element, context.baseUrl);
  const inner = blocks(nodes, format, { ...context, quoteDepth: context.quoteDepth + 1 });
  if (inner.length === 0) return [];
  const text = inner.map(({ markdown }) => markdown).join('\n\n');
  const markdown = text.replace(/^/gm, '> ').replace(/^> $/gm, '>');
  return [{ kind: 'text', markdown, lines: linesOf(inner) }];
}

/** The blocks of an element that is one by itself; null when it only holds others. */
function ownBlocks(element: Element, format: Format, context: Context): Block[] | null {
  const { name } = element;
  if (/^h[1-6]$/.test(name)) return heading(element, format, context);
  if (name === 'table') return table(element, format, context);
  if (name === 'hr') return [{ kind: 'text', markdown: '---', lines: [] }];
  if (name === 'pre') return blocks(element.children, format, { ...context, keepsLines: true });
  if (name === 'blockquote') return context.quoteDepth < MAX_QUOTE_DEPTH ? quote(element, format, context) : null;
  if (name === 'ul' || name === 'ol') return context.listDepth < MAX_LIST_DEPTH ? list(element, format, context) : null;
  return null;
}

function blocks(nodes: readonly AnyNode[], format: Format, context: Context): Block[] {
  const result: Block[] = [];
  let spans: Span[] = [];
  const flush = () => {
    for (const lines of paragraphsOf(spans)) result.push(paragraph(lines));
    spans = [];
  };
  const sink: SpanSink = {
    baseUrl: context.baseUrl,
    keepsLines: context.keepsLines,
    budget: context.budget,
    span: (span) => spans.push(span),
    block(element, inner) {
      flush();
      const own = ownBlocks(element, inner, context);
      if (own) for (const block of own) result.push(block);
      else walk(element.children, inner, sink);
      flush();
    },
  };
  walk(nodes, format, sink);
  flush();
  return result;
}

/**
 * Converts the nodes of a body to Markdown. Words never glue at tags; links and pictures are absolute; nothing that
 * runs in a browser is left, literal `<script>` in a text included. Time and memory are linear in the markup.
 *
 * @throws {PageLimitError} for a text of over a million characters.
 */
export function toMarkdown(nodes: readonly AnyNode[], baseUrl: string): string {
  const context: Context = { baseUrl, listDepth: 0, quoteDepth: 0, keepsLines: false, budget: textBudget() };
  return blocks(nodes, PLAIN, context)
    .map(({ markdown }) => markdown)
    .join('\n\n');
}
