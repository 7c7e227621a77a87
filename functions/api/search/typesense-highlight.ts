import { textBlocks } from '../../../shared/plain-text.ts';
import type { DocumentHit, DocumentSearch } from '../../../shared/typesense-search.ts';
import type { SearchResult } from './contract.ts';
import { escapeHtml } from './html.ts';

// Of a private-use plane: no text means anything by them, and no tokenizer takes them for letters.
const start = '\u{F0001}';
const end = '\u{F0002}';
const marked = new RegExp(`${start}([^${start}${end}]*)${end}`, 'gu');
const anyMark = new RegExp(`[${start}${end}]`, 'gu');
const cutLink = /!?\[([^\][]*)\]\([^()\s]*(?:\([^()\s]*\)?[^()\s]*)?$/;

/** Of a search by words: what of a document is to be shown with the words that were found. */
export const highlighting = {
  highlight_fields: 'title,summary,subtitle,content',
  highlight_full_fields: 'title',
  highlight_start_tag: start,
  highlight_end_tag: end,
  highlight_affix_num_tokens: 14,
  enable_highlight_v1: false,
} as const satisfies Partial<DocumentSearch>;

/** Title and snippet as HTML; null where none of the words is in either. */
export function readHighlight({ highlight = {} }: DocumentHit): SearchResult['highlight'] {
  const { title, summary, subtitle, content } = highlight;
  const snippet = [summary?.snippet, subtitle?.snippet, content?.snippet].find((text) => text?.includes(start));
  const found = {
    title: toHtml(title?.value ?? title?.snippet ?? ''),
    snippet: toHtml(plainMarkdown(snippet ?? '')),
  };
  return found.title === null && found.snippet === null ? null : found;
}

/** Escapes a text, and marks what the server has marked; null where that is nothing. */
function toHtml(text: string): string | null {
  const html = escapeHtml(text).replace(marked, '<mark>$1</mark>');
  return html.includes('<mark>') ? html.replace(anyMark, '').trim() : null;
}

/** Text of a piece of Markdown, which may end anywhere, in the target of a link too. */
function plainMarkdown(text: string): string {
  return textBlocks(text.replace(cutLink, '$1'))
    .map((block) => block.text)
    .join(' ');
}
