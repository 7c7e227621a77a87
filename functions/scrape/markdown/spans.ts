import { PageLimitError } from '../errors.ts';
import { type AnyNode, absoluteUrl, breaksText, collapse, type Element, isDropped, isElement } from '../html.ts';
import { embeddedPost, isQuotation } from './embedded-posts.ts';
import { imageUrl } from './image-url.ts';
import { type Format, linkTarget, PLAIN, type Span } from './inline-markdown.ts';
import { framedPlayer, type PlayerLink } from './player-links.ts';

const SUPERSCRIPTS = new Map([...'0123456789-oa'].map((character, index) => [character, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻ºª'][index]]));

/** Longer ones are no articles, and cost more than a moment. */
const MAX_TEXT_LENGTH = 1_000_000;
const MAX_KEPT_LINES = 20_000;
const MAX_PLAYERS = 500;

/** What may still be read of a text. */
export interface TextBudget {
  characters: number;
  /** Beyond these a line of the source is none of the text. */
  keptLines: number;
  /** Beyond these a player is as good as none. */
  players: number;
}

export function textBudget(): TextBudget {
  return { characters: MAX_TEXT_LENGTH, keptLines: MAX_KEPT_LINES, players: MAX_PLAYERS };
}

/** Takes what a walk over nodes comes by. */
export interface SpanSink {
  baseUrl: string;
  /** Whether a line of the source is a line of the text, as in `<pre>`. */
  keepsLines: boolean;
  budget: TextBudget;
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
  const { budget } = sink;
  budget.characters -= data.length;
  if (budget.characters < 0) throw new PageLimitError(sink.baseUrl, `its text is over ${MAX_TEXT_LENGTH} characters`);
  const lines = sink.keepsLines ? data.split(/\r\n?|\n/, budget.keptLines + 1) : [data];
  if (lines.length > budget.keptLines) lines.splice(0, lines.length, data);
  else if (sink.keepsLines) budget.keptLines -= lines.length;
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

/** A paragraph of its own, unless all of it is one link. */
function player({ url, label }: PlayerLink, format: Format, sink: SpanSink): void {
  const end: Span = format.href === null ? { ...PLAIN, kind: 'break', text: '' } : spaceIn(PLAIN);
  sink.budget.players -= 1;
  for (const span of [end, end, { ...PLAIN, href: url, kind: 'text', text: label } as const, end, end]) sink.span(span);
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
  return name === 'a' ? { ...format, href: format.href ?? linkedUrl(attribs.href, baseUrl) } : format;
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

/** Where a link leads; null for one that stays on its page. */
function linkedUrl(href: string | undefined, baseUrl: string): string | null {
  const isPlace = href === undefined || /^\s*(?:#|$)/.test(href);
  const url = isPlace ? null : absoluteUrl(href, baseUrl);
  const [page, place] = url?.split('#', 2) ?? [];
  return place !== undefined && withoutSlash(page!) === withoutSlash(baseUrl.split('#', 1)[0]!) ? null : url;
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
    if (!isElement(node)) continue;
    const hasBudget = sink.budget.players > 0;
    const playing = hasBudget ? framedPlayer(node, sink.baseUrl) : null;
    if (playing) player(playing, format, sink);
    if (playing || isDropped(node)) continue;
    const post = hasBudget ? embeddedPost(node, sink.baseUrl) : null;
    if (!post || isQuotation(node)) element(node, format, sink);
    if (post) player(post, format, sink);
  }
}

/** Everything within `nodes` as the spans of one line. */
export function spansOf(
  nodes: readonly AnyNode[],
  format: Format,
  { baseUrl, budget }: Pick<SpanSink, 'baseUrl' | 'budget'>,
): Span[] {
  const spans: Span[] = [];
  const sink: SpanSink = {
    baseUrl,
    budget,
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
