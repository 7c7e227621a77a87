/** A run of text between block boundaries of Markdown. Only prose has sentences that can stand in a summary. */
export interface TextBlock {
  kind: 'prose' | 'heading' | 'list' | 'table';
  text: string;
}

// What a pattern repeats excludes its own opening character, so that hostile input (a megabyte of "[") costs linear time.
const TARGET = String.raw`\((?:[^()\s"]|\([^()\s"]*\))*(?:\s+"[^"]*")?\s*\)`;
const IMAGE = new RegExp(String.raw`!\[[^[\]]*\]${TARGET}`, 'g');
const LINK = new RegExp(String.raw`\[([^[\]]*)\]${TARGET}`, 'g');
const AUTOLINK = /<(https?:[^<>\s]*)>/g;
const BREAKING_TAG = /<\/?(?:br|p|div|li|ul|ol|tr|td|th|h[1-6])(?![a-z0-9])[^<>]*>/gi;
const TAG = /<\/?[a-z][^<>]*>|<!--[^<>]*-->/gi;
const EMPHASIS = /\*+|~~|`+|(?<![\p{L}\p{N}/_])_+|(?<=[^\s_])_+(?![\p{L}\p{N}/_])/gu;

// Escaped punctuation waits in the private use area while the marks are taken away.
const ESCAPE = /\\([!-/:-@[-`{-~])/g;
const WAITING = /[\uE021-\uE07E]/g;
const WAITING_OFFSET = 0xe000;

const FENCE = /^\s*(?:```|~~~)/;
const UNDERLINE = /^\s*(?:=+|-{2,})\s*$/;
const RULE = /^\s*(?:\*\s?\*\s?\*|_\s?_\s?_|-\s?-\s?-)[\s*_-]*$/;
const HEADING = /^\s*#{1,6}\s/;
const LIST_ITEM = /^\s*(?:[-+*•]|\d{1,3}[.)])\s/;
const QUOTE = /^\s*>[\s>]*/;
const TABLE_ROW = /^\s*\|/;
const TABLE_RULE = /^\s*\|[\s|:-]*$/;
const HARD_BREAK = / {2}$|\\$/;

function stripMarks(text: string): string {
  return text
    .replace(ESCAPE, (_, character: string) => String.fromCharCode(character.charCodeAt(0) + WAITING_OFFSET))
    .replace(IMAGE, ' ')
    .replace(LINK, '$1')
    .replace(AUTOLINK, '$1')
    .replace(BREAKING_TAG, ' ')
    .replace(TAG, '')
    .replace(EMPHASIS, '')
    .replace(WAITING, (character) => String.fromCharCode(character.charCodeAt(0) - WAITING_OFFSET))
    .replace(/\s+/g, ' ')
    .trim();
}

function markedKind(line: string): Exclude<TextBlock['kind'], 'prose'> | null {
  if (HEADING.test(line)) return 'heading';
  if (LIST_ITEM.test(line)) return 'list';
  return TABLE_ROW.test(line) ? 'table' : null;
}

/** The text of Markdown in blocks, without marks, images and link targets. Linear in its length. */
export function textBlocks(markdown: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let kind: TextBlock['kind'] = 'prose';
  let lines: string[] = [];
  const finish = () => {
    const text = stripMarks(lines.join(' '));
    if (text) blocks.push({ kind, text });
    kind = 'prose';
    lines = [];
  };
  for (const raw of markdown.split(/\r\n|\r|\n/)) {
    const line = raw.replace(QUOTE, '');
    if (!line.trim() || FENCE.test(line)) {
      finish();
    } else if (UNDERLINE.test(line) && lines.length > 0 && kind === 'prose') {
      kind = 'heading';
      finish();
    } else if (RULE.test(line) || UNDERLINE.test(line) || TABLE_RULE.test(line)) {
      finish();
    } else {
      const marked = markedKind(line);
      if (marked) {
        finish();
        kind = marked;
      }
      lines.push(marked === 'table' ? line.replaceAll('|', ' ') : marked ? line.replace(/^\s*\S+/, '') : line);
      if (marked === 'heading' || marked === 'table' || HARD_BREAK.test(raw)) finish();
    }
  }
  finish();
  return blocks;
}
