import type { TextBlock } from '../../shared/plain-text.ts';
import { countSyllables, sentences, words } from './portuguese.ts';

const CHARACTERS_READ = 20_000;

/** Features that follow from the text alone, under the names of the search index. */
export interface TextFeatures extends Record<string, unknown> {
  word_count: number;
  /** Flesch reading ease for Portuguese, about 0 (hard) to 100 (easy), one decimal; null without words. */
  readability_flesch: number | null;
}

/** Counts all words; measures readability on the first 20,000 characters. */
export function textFeatures(blocks: readonly TextBlock[]): TextFeatures {
  let wordCount = 0;
  for (const { text } of blocks) wordCount += words(text).length;
  return { word_count: wordCount, readability_flesch: readability(blocks) };
}

/** 248.835 − 1.015 × words per sentence − 84.6 × syllables per word: Flesch as Martins et al. (1996) adapted it. */
function readability(blocks: readonly TextBlock[]): number | null {
  let sentenceCount = 0;
  let wordCount = 0;
  let syllableCount = 0;
  let left = CHARACTERS_READ;
  for (const { kind, text } of blocks) {
    if (left <= 0) break;
    if (kind === 'table') continue;
    for (const sentence of sentences(text.slice(0, left))) {
      // Figures and addresses have no syllables on paper; what is longer than any Portuguese word is not one.
      const read = words(sentence).filter((word) => /^[\p{L}’'-]{1,46}$/u.test(word));
      if (read.length === 0) continue;
      sentenceCount += 1;
      wordCount += read.length;
      for (const word of read) syllableCount += countSyllables(word);
    }
    left -= text.length;
  }
  if (wordCount === 0) return null;
  const score = 248.835 - 1.015 * (wordCount / sentenceCount) - 84.6 * (syllableCount / wordCount);
  return Math.round(score * 10) / 10;
}
