import type { StoredDocument } from './typesense-collection.ts';
import { type TextQuery, type Token, tokensOf } from './typesense-text.ts';

/** How a search wants its hits highlighted. */
export interface Highlighting {
  fields: readonly string[];
  fullFields: readonly string[];
  startTag: string;
  endTag: string;
  affixTokens: number;
  /** Texts of fewer words are shown whole. */
  snippetThreshold: number;
}

interface Highlight {
  matched_tokens: string[];
  snippet: string;
  value?: string;
}

/** The fields in which words were found. The server escapes nothing of them. */
export function highlightDocument(
  document: StoredDocument,
  query: TextQuery,
  highlighting: Highlighting,
): Record<string, Highlight | Highlight[]> {
  const found = highlighting.fields.flatMap((name): [string, Highlight | Highlight[]][] => {
    const stored = document[name];
    const isFull = highlighting.fullFields.includes(name);
    const one = (text: unknown) => highlightText(String(text), query, highlighting, isFull);
    if (stored === undefined) return [];
    if (!Array.isArray(stored)) {
      const highlight = one(stored);
      return highlight.matched_tokens.length > 0 ? [[name, highlight]] : [];
    }
    const highlights = stored.map(one);
    return highlights.some(({ matched_tokens: tokens }) => tokens.length > 0) ? [[name, highlights]] : [];
  });
  return Object.fromEntries(found);
}

function highlightText(text: string, query: TextQuery, highlighting: Highlighting, isFull: boolean): Highlight {
  const { affixTokens, snippetThreshold } = highlighting;
  const tokens = tokensOf(text);
  const matches = tokens.flatMap((token, position) => {
    const end = matchEnd(text, token, query);
    return end === undefined ? [] : [{ position, start: token.start, end }];
  });
  const mark = (from: number, to: number) => markRanges(text, matches, { from, to }, highlighting);
  const whole = mark(0, text.length);
  const [first, last] = [matches[0], matches.at(-1)];
  const isShort = tokens.length < snippetThreshold || !first || !last;
  const snippet = isShort
    ? whole
    : mark(
        tokens[Math.max(0, first.position - affixTokens)]!.start,
        tokens[Math.min(tokens.length - 1, last.position + affixTokens)]!.end,
      );
  return {
    matched_tokens: matches.map(({ start, end }) => text.slice(start, end)),
    snippet,
    ...(isFull && { value: whole }),
  };
}

/** Where the part of a word ends that was looked for: of one that only begins so, the beginning. */
function matchEnd(text: string, { word, start, end }: Token, { words, phrases }: TextQuery): number | undefined {
  if (words.includes(word) || phrases.flat().includes(word)) return end;
  const prefix = words.at(-1);
  if (prefix === undefined || !word.startsWith(prefix)) return undefined;
  for (let at = start + 1; at < end; at++) {
    if (tokensOf(text.slice(start, at))[0]?.word === prefix) return at;
  }
  return end;
}

function markRanges(
  text: string,
  matches: readonly { start: number; end: number }[],
  { from, to }: { from: number; to: number },
  { startTag, endTag }: Highlighting,
): string {
  let marked = '';
  let at = from;
  for (const { start, end } of matches.filter((match) => match.start >= from && match.end <= to)) {
    marked += text.slice(at, start) + startTag + text.slice(start, end) + endTag;
    at = end;
  }
  return marked + text.slice(at, to);
}
