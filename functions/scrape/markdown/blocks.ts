/** A link or a picture: its label and its address. */
export const LINK = /!?\[((?:[^[\]\\]|\\.)*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)/g;

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
