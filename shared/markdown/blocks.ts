/** A link or a picture: its label and its address. */
export const LINK = /!?\[((?:[^[\]\\]|\\.)*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)/g;

/** A block of nothing but pictures, linked or not. */
export const IMAGES_ONLY = /^(?:!\[[^\]]*\]\([^()\s]*\)\s*|\[!\[[^\]]*\]\([^()\s]*\)\]\([^()\s]*\)\s*)+$/;

/** The words of a block without its marks. */
export function plain(block: string): string {
  return block
    .replace(/\n[=-]{3,}$/, '')
    .replace(LINK, '$1')
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '')
    .replace(/^(?:#{1,6}|>)\s+/, '')
    .replace(/\*\*|__|~~/g, '')
    .replace(/^[*_]+|[*_]+$/g, '')
    .trim();
}

/** For comparing texts that differ in case, accents, punctuation or white space only. */
export function key(text: string | null): string {
  return (text ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function tidyLine(line: string): string {
  const text = line.trimEnd();
  return line.startsWith('  ', text.length) && text !== '' ? `${text}  ` : text;
}

/** The parts of a text between empty lines, tidied. */
export function splitBlocks(markdown: string): string[] {
  return markdown
    .toWellFormed()
    .split(/\r\n?|\n/)
    .map(tidyLine)
    .join('\n')
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+/, '').trimEnd())
    .filter((block) => block !== '');
}

/** Whether a block is a heading, in either way of writing one. */
export function isHeading(block: string): boolean {
  return /^#{1,6}\s/.test(block) || /\n[=-]{3,}$/.test(block);
}

/** A block without the lines at its top that fit, and what underlines them as a heading. */
export function withoutLines(block: string, fits: (line: string) => boolean): string {
  if (fits(block)) return '';
  const lines = block.split('\n');
  const start = lines.findIndex((line, index) => !fits(line) && !(index > 0 && /^[=-]{3,}\s*$/.test(line)));
  if (start === -1) return '';
  return start > 0 ? withoutLines(lines.slice(start).join('\n'), fits) : block;
}
