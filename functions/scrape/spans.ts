import { type AnyNode, absoluteUrl, breaksText, collapse, type Element, isDropped, isElement } from './html.ts';
import { imageUrl } from './image-url.ts';
import { type Format, linkTarget, type Span } from './inline-markdown.ts';

const SUPERSCRIPTS = new Map([...'0123456789-oa'].map((character, index) => [character, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻ºª'][index]]));

/** Takes what a walk over nodes comes by. */
export interface SpanSink {
  baseUrl: string;
  /** Whether a line of the source is a line of the text, as in `<pre>`. */
  keepsLines: boolean;
  span(span: Span): void;
  block(element: Element, format: Format): void;
}

function spaceIn(format: Format): Span {
  return { ...format, kind: 'text', text: ' ' };
}

/** What stands in for a picture that a script loads later, where the picture itself does not say where it is. */
function isNeededWithoutScript(element: Element, baseUrl: string): boolean {
  let previous = element.prev;
  while (previous && !isElement(previous)) previous = previous.prev;
  return previous !== null && previous.name === 'img' && imageUrl(previous, baseUrl) === null;
}

function text(data: string, format: Format, sink: SpanSink): void {
  const lines = sink.keepsLines ? data.split(/\r\n?|\n/) : [data];
  for (const [index, line] of lines.entries()) {
    if (index > 0) sink.span({ ...format, kind: 'break', text: '' });
    sink.span({ ...format, kind: 'text', text: collapse(line) });
  }
}

function image(element: Element, format: Format, sink: SpanSink): void {
  const url = imageUrl(element, sink.baseUrl);
  if (url === null) return;
  const alt = collapse(element.attribs.alt ?? '').replace(/[[\]\\`<>]/g, '');
  sink.span({ ...format, kind: 'image', text: `![${alt.trim()}](${linkTarget(url)})` });
}

/** "1º", "m²", when every character has such a form. */
function superscript(element: Element): string | undefined {
  let node: AnyNode | undefined = element;
  while (node && isElement(node) && node.children.length === 1) [node] = node.children;
  if (node?.type !== 'text' || node.data.length > 8) return undefined;
  const characters = [...node.data.trim()].map((character) => SUPERSCRIPTS.get(character));
  return characters.every((character) => character !== undefined) ? characters.join('') : undefined;
}

function formatWithin({ name, attribs }: Element, format: Format, baseUrl: string): Format {
  if (name === 'strong' || name === 'b') return { ...format, isStrong: true };
  if (name === 'em' || name === 'i') return { ...format, isEmphasized: true };
  return name === 'a' ? { ...format, href: format.href ?? absoluteUrl(attribs.href, baseUrl) } : format;
}

function element(node: Element, format: Format, sink: SpanSink): void {
  const { name, children } = node;
  const raised = name === 'sup' ? superscript(node) : undefined;
  // A link is one line in Markdown.
  if (name === 'br') sink.span(format.href === null ? { ...format, kind: 'break', text: '' } : spaceIn(format));
  else if (name === 'img') image(node, format, sink);
  else if (raised !== undefined) text(raised, format, sink);
  else if (breaksText(name)) sink.block(node, format);
  else if (name !== 'noscript' || isNeededWithoutScript(node, sink.baseUrl)) {
    walk(children, formatWithin(node, format, sink.baseUrl), sink);
  }
}

/** Walks over nodes and gives each piece of inline content, dressed, and each block element to the sink. */
export function walk(nodes: readonly AnyNode[], format: Format, sink: SpanSink): void {
  for (const node of nodes) {
    if (node.type === 'text') text(node.data, format, sink);
    else if (isElement(node) && !isDropped(node)) element(node, format, sink);
  }
}

/** Everything within `nodes` as the spans of one line. */
export function spansOf(nodes: readonly AnyNode[], format: Format, baseUrl: string): Span[] {
  const spans: Span[] = [];
  const sink: SpanSink = {
    baseUrl,
    keepsLines: false,
    span: (span) => spans.push(span),
    block(inner, innerFormat) {
      spans.push(spaceIn(innerFormat));
      walk(inner.children, innerFormat, sink);
      spans.push(spaceIn(innerFormat));
    },
  };
  walk(nodes, format, sink);
  return spans;
}
