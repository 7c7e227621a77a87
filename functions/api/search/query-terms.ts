/** What a text asks for, and what it does not want. */
export interface QueryTerms {
  /** The text without what it excludes, each word and alternative once; empty where only things are excluded. */
  wanted: string;
  /** Words and phrases that no result may have, with their quotes and without their dash. */
  excluded: string[];
}

const token = /-*"[^"]*"?|[^\s"]+/g;
/** A dash before a word or a quote excludes it; any other is punctuation, as in "Censo - resultados". */
const exclusion = /^[!&|()]*-+(?=[\p{L}\p{N}"])/u;
const word = /[\p{L}\p{N}]+/gu;
const repetition = /(?<![\p{L}\p{N}])([\p{L}\p{N}]+)(?:[^\p{L}\p{N}]+\1)+(?![\p{L}\p{N}])/giu;

/** Reads `words`, `"a phrase"`, `-without`, `this or that`. What is excluded is so from every alternative. */
export function readTerms(text: string): QueryTerms {
  const alternatives: Map<string, string>[] = [new Map()];
  const excluded = new Map<string, string>();
  for (const [raw] of text.matchAll(token)) {
    const term = raw.replace(repetition, '$1');
    const key = term.toLowerCase();
    if (key === 'or') alternatives.push(new Map());
    else if (exclusion.test(term)) excluded.set(key.replace(exclusion, ''), term.replace(exclusion, ''));
    else if (!alternatives.at(-1)!.has(key)) alternatives.at(-1)!.set(key, term);
  }
  const distinct = new Map(alternatives.map((terms) => [[...terms.keys()].join(' '), [...terms.values()].join(' ')]));
  return {
    wanted: [...distinct.values()].filter((one) => one !== '').join(' or '),
    excluded: [...excluded.values()],
  };
}

/** How many words must be looked for: loose ones count once, those of a phrase each, for their places are compared. */
export function countWords(text: string): number {
  const { wanted, excluded } = readTerms(text);
  const loose = new Set<string>();
  let inPhrases = 0;
  for (const [term] of [wanted, ...excluded].join(' ').matchAll(token)) {
    const words = term.toLowerCase().match(word) ?? [];
    if (words.length === 1) loose.add(words[0]!);
    else inPhrases += words.length;
  }
  return loose.size + inPhrases;
}
