import { IMAGES_ONLY, key, plain, splitBlocks, withoutLines } from '../../shared/markdown/blocks.ts';
import { withoutShare } from '../../shared/markdown/share-blocks.ts';

/**
 * What is known to be wrong in the old data: share buttons in the text, the title once more above it, and what Postgres
 * does not take (NUL characters, categories over 500 characters). Dates are right, and never repaired.
 */
export const repairs = ['share-blocks', 'titles', 'nul-characters', 'long-categories'] as const;
export type Repair = (typeof repairs)[number];

/** What every share block holds one of, without its first letter, which may be a capital. */
const SHARE_WORDS = ['ompartilh', 'OMPARTILH', 'opiar', 'OPIAR', 'iga o canal'];
const SHARE_TARGET = /\/shar(?:e|ing)|\/dialog\/|intent\/|\/send|wa\.me|whatsapp:|pin\/create|\/submit|mailto:\?/i;

/** A cheap way to see that a text holds nothing for sharing: most do not. */
function mayShare(text: string): boolean {
  return SHARE_WORDS.some((word) => text.includes(word)) || (text.includes('](') && SHARE_TARGET.test(text));
}

/** A text without share blocks; the same text when it has none. */
export function withoutShareBlocks(text: string): string {
  if (!mayShare(text)) return text;
  const blocks = splitBlocks(text);
  const kept = blocks.map((block) => (mayShare(block) ? withoutShare(block) : block));
  if (kept.every((block, index) => block === blocks[index])) return text;
  return kept.filter((block) => block !== '').join('\n\n');
}

/** Characters that a line may have beyond its words: marks, and the addresses of links. */
const maxMarks = 2_500;

/**
 * A text that does not say its title once more at its top, as a heading or a line; pictures above it are kept. The same
 * text when it does not, or says nothing else.
 */
export function withoutRepeatedTitle(text: string, title: string): string {
  // Its first line says whether the rest need be looked at.
  const line = firstLine(text);
  if (line.length > title.length + maxMarks) return text;
  const wanted = key(title);
  const isTitle = (candidate: string) => key(plain(candidate)) === wanted;
  if (wanted === '' || !isTitle(line)) return text;
  const blocks = splitBlocks(text);
  const start = blocks.findIndex((block) => !IMAGES_ONLY.test(block));
  const first = blocks[start];
  if (first === undefined) return text;
  const rest = withoutLines(first, isTitle);
  if (rest === first) return text;
  const kept = [...blocks.slice(0, start), rest, ...blocks.slice(start + 1)].filter((block) => block !== '');
  return kept.length > 0 ? kept.join('\n\n') : text;
}

/** The first line of a text that is more than a picture. */
function firstLine(text: string): string {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start) === -1 ? text.length : text.indexOf('\n', start);
    const line = text.slice(start, end).trim();
    if (line !== '' && !IMAGES_ONLY.test(line)) return line;
    start = end + 1;
  }
  return '';
}
