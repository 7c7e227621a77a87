/** A word of a text, as the server's default tokenizer cuts and folds it, and where it stands. */
export interface Token {
  word: string;
  start: number;
  end: number;
}

/** What is looked for, from `q`. */
export interface TextQuery {
  isAll: boolean;
  words: string[];
  phrases: string[][];
  excluded: string[][];
}

/** Lower case, without accents. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Spaces and line ends separate words; punctuation is left out of them: "Norte-Sul" is one word. */
export function tokensOf(text: string): Token[] {
  return [...text.matchAll(/[^ \n]+/g)].flatMap(({ 0: piece, index }): Token[] => {
    const word = fold(piece).replace(/[\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Z}\p{C}]/gu, '');
    const [, before = '', inner = ''] = /^([\p{P}\p{S}\p{Z}\p{C}]*)(.*?)[\p{P}\p{S}\p{Z}\p{C}]*$/su.exec(piece) ?? [];
    const start = index + before.length;
    return word === '' ? [] : [{ word, start, end: start + inner.length }];
  });
}

export function wordsOf(text: unknown): string[] {
  return tokensOf(String(text)).map(({ word }) => word);
}

/** Words, `"phrases"`, and either with a `-` before it excluded; where nothing else is left, all documents are meant. */
export function parseQuery(q: string): TextQuery {
  const query: TextQuery = { isAll: false, words: [], phrases: [], excluded: [] };
  for (const [, dash, phrase, word] of q.matchAll(/(-?)(?:"([^"]*)"|"?([^ \n"]+))/g)) {
    const words = wordsOf(phrase ?? word ?? '');
    if (words.length === 0) continue;
    if (dash) query.excluded.push(words);
    else if (phrase !== undefined) query.phrases.push(words);
    else query.words.push(...words);
  }
  return { ...query, isAll: q === '*' || (query.words.length === 0 && query.phrases.length === 0) };
}

/** Whether a word stands in a text: the last one that was typed also as the beginning of another. */
export function isFound(words: readonly string[], query: TextQuery, position: number): boolean {
  const wanted = query.words[position]!;
  const isPrefix = position === query.words.length - 1;
  return words.some((word) => word === wanted || (isPrefix && word.startsWith(wanted)));
}

export function hasPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  return ` ${words.join(' ')} `.includes(` ${phrase.join(' ')} `);
}
