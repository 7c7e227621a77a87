/** How a piece of text is dressed. Markdown nests no mark in itself and no link in a link, and neither can this. */
export interface Format {
  isStrong: boolean;
  isEmphasized: boolean;
  /** Absolute address, when the text is a link. */
  href: string | null;
}

export const PLAIN: Format = { isStrong: false, isEmphasized: false, href: null };

/** A piece of one line: text as the page has it, a picture as finished Markdown, or the end of the line. */
export interface Span extends Format {
  kind: 'text' | 'image' | 'break';
  text: string;
}

const ATTRIBUTES = ['href', 'isStrong', 'isEmphasized'] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** Backslashes before what Markdown would take for syntax, and only there: the text is also searched and embedded. */
const SYNTAX =
  /[\\`]|\*(?=\S|$)|(?<=\S|^)\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\](?=[([])|~(?=~)|<(?=[a-z/!?])|&(?=#?\w{1,31};)/giu;
const SYNTAX_IN_LINK = new RegExp(`${SYNTAX.source}|[[\\]]`, SYNTAX.flags);

/** What is syntax at the start of a line: headings, quotes, list items, rules, underlines, link definitions. */
const LINE_START =
  /^(?=#{1,6}(?:\s|$)|[+-](?:\s|$)|-[-\s|:]*$|=+\s*$|>|\[[^[\]\\]{1,120}\]:)|(?<=^\d{1,9})(?=[.)](?:\s|$))/;

export function escapeLineStart(line: string): string {
  return line.replace(LINE_START, '\\');
}

/** An address in the parentheses of a link, which white space and parentheses would end, and a table cell at a pipe. */
export function linkTarget(url: string): string {
  return url.replace(/[\s()\\<>|]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function isSameFormat(a: Format, b: Format): boolean {
  return ATTRIBUTES.every((name) => a[name] === b[name]);
}

function common(a: Format, b: Format): Format {
  return {
    isStrong: a.isStrong && b.isStrong,
    isEmphasized: a.isEmphasized && b.isEmphasized,
    href: a.href === b.href ? a.href : null,
  };
}

/** The spans of a line with single spaces between them, none at the ends; a space is dressed like both its sides. */
function settle(line: readonly Span[]): Span[] {
  const result: Span[] = [];
  let isSpaced = false;
  for (const span of line) {
    const text = span.text.trim();
    isSpaced ||= /^\s/.test(span.text);
    if (text === '') continue;
    const last = result.at(-1);
    const space = isSpaced ? ' ' : '';
    if (last?.kind === 'text' && span.kind === 'text' && isSameFormat(last, span)) last.text += space + text;
    else {
      if (last && isSpaced) result.push({ ...common(last, span), kind: 'text', text: ' ' });
      result.push({ ...span, text });
    }
    isSpaced = /\s$/.test(span.text);
  }
  return result;
}

/** The attribute that dresses the most spans from `start` on, among those not open yet; spaces at the ends stay out. */
function longestRun(spans: readonly Span[], start: number, open: readonly Attribute[]) {
  let best: { attribute: Attribute | null; end: number } = { attribute: null, end: start + 1 };
  for (const attribute of ATTRIBUTES) {
    const value = spans[start]![attribute];
    if (!value || spans[start]!.text === ' ' || open.includes(attribute)) continue;
    let end = start + 1;
    while (end < spans.length && spans[end]![attribute] === value) end += 1;
    while (spans[end - 1]!.text === ' ') end -= 1;
    if (best.attribute === null || end > best.end) best = { attribute, end };
  }
  return best;
}

const isWord = (character: string) => /[^\s\p{P}\p{S}]/u.test(character);
const firstOf = (text: string) => /^./su.exec(text.slice(0, 2))?.[0] ?? '';
const lastOf = (text: string) => /.$/su.exec(text.slice(-2))?.[0] ?? '';

interface Surroundings {
  open: readonly Attribute[];
  /** The character on either side, empty at the ends of the line. */
  before: string;
  after: string;
}

/**
 * Puts marks where CommonMark sees them as such: "**Data:**10" is not bold, "**Data**:10" is, and no underscore works
 * inside a word. Null where no place would do.
 */
function mark(inner: string, sign: '**' | '_', before: string, after: string): string | null {
  const head = isWord(before) ? (/^[(“‘«–—-]{1,8} ?/.exec(inner)?.[0] ?? '') : '';
  const tail = isWord(after) ? (/ ?[.,:;!?”’»…–—-]{1,8}$/.exec(inner.slice(head.length))?.[0] ?? '') : '';
  const core = inner.slice(head.length, inner.length - tail.length);
  const isBlocked = (outside: string, inside: string) => isWord(outside) && (sign === '_' || !isWord(inside));
  const isOpenable = !isBlocked(lastOf(head) || before, firstOf(core));
  return core !== '' && isOpenable && !isBlocked(firstOf(tail) || after, lastOf(core))
    ? head + sign + core + sign + tail
    : null;
}

function dressed(run: readonly Span[], attribute: Attribute, { open, before, after }: Surroundings): string {
  const inside = [...open, attribute];
  if (attribute === 'href') {
    const text = render(run, { open: inside, before: '[', after: ']' });
    return `[${text}](${linkTarget(run[0]!.href!)})`;
  }
  const sign = attribute === 'isStrong' ? '**' : '_';
  const inner = render(run, { open: inside, before: sign, after: sign });
  return mark(inner, sign, before, after) ?? render(run, { open: inside, before, after });
}

/** What is syntax only with the character that follows, when that stands in the next span. */
const SYNTAX_AT_END = /(?:[<&](?=[a-z/!?#]$)|\](?=[([]$)|~(?=~$))/i;

function plain({ kind, text }: Span, { open, after }: Pick<Surroundings, 'open' | 'after'>): string {
  if (kind !== 'text') return text;
  const escaped = text.replace(open.includes('href') ? SYNTAX_IN_LINK : SYNTAX, '\\$&');
  const end = text.slice(-1) + after;
  return SYNTAX_AT_END.test(end) && !escaped.endsWith(`\\${text.slice(-1)}`)
    ? `${escaped.slice(0, -1)}\\${text.slice(-1)}`
    : escaped;
}

function render(spans: readonly Span[], { open, before, after }: Surroundings): string {
  const parts: string[] = [];
  for (let start = 0; start < spans.length; ) {
    const { attribute, end } = longestRun(spans, start, open);
    const last = parts.at(-1);
    if (attribute === null) {
      parts.push(plain(spans[start]!, { open, after: firstOf(spans[end]?.text ?? '') || after }));
    } else {
      // An exclamation mark would make a picture of the link.
      if (attribute === 'href' && last?.endsWith('!')) parts.push(`${parts.pop()!.slice(0, -1)}\\!`);
      const run = spans.slice(start, end);
      const sides = { before: lastOf(last ?? '') || before, after: firstOf(spans[end]?.text ?? '') || after };
      parts.push(dressed(run, attribute, { open, ...sides }));
    }
    start = end;
  }
  return parts.join('');
}

function lineOf(spans: readonly Span[]): string {
  return render(settle(spans), { open: [], before: '', after: '' });
}

/** Spans as one line; it may still need `escapeLineStart`. */
export function inlineMarkdown(spans: readonly Span[]): string {
  return lineOf(spans.map((span) => (span.kind === 'break' ? { ...span, kind: 'text', text: ' ' } : span)));
}

/** Spans as paragraphs of lines: an empty line, two breaks in a row, is what editors make paragraphs with. */
export function paragraphsOf(spans: readonly Span[]): string[][] {
  const result: string[][] = [];
  let paragraph: string[] = [];
  let line: Span[] = [];
  const endParagraph = () => {
    if (paragraph.length > 0) result.push(paragraph);
    paragraph = [];
  };
  const endLine = () => {
    const text = lineOf(line);
    if (text !== '') paragraph.push(text);
    else endParagraph();
    line = [];
  };
  for (const span of spans) {
    if (span.kind === 'break') endLine();
    else line.push(span);
  }
  endLine();
  endParagraph();
  return result;
}
