import type { DocumentSearch } from '../../../shared/typesense-search.ts';

const maxAlternatives = 20;

/** Words, `"phrases"` and `-exclusions` that stand between one `or` of a text and the next. */
export interface Alternative {
  search: DocumentSearch;
  /** Finds what it does not exclude, whatever else that has; undefined where it excludes nothing. */
  exclusion: DocumentSearch | undefined;
}

const searched = {
  query_by: 'title,subtitle,tags,summary,editorial_lead,content',
  query_by_weights: '8,4,4,3,2,1',
  // What has but some of the words is found by its meaning.
  drop_tokens_threshold: 0,
} as const satisfies Partial<DocumentSearch>;

/**
 * The alternatives of a text. None where it has no words: the server takes such a text for all documents. Null where
 * each excludes what it asks for, so that nothing can be meant.
 */
export function readAlternatives(text: string): Alternative[] | null {
  const alternatives: string[][] = [[]];
  for (const [term] of text.matchAll(/-?"[^"]*"?|\S+/g)) {
    if (/^or$/i.test(term)) alternatives.push([]);
    else alternatives.at(-1)!.push(term);
  }
  const asked = alternatives.filter((terms) => terms.some((term) => wordsOf(term) !== '')).slice(0, maxAlternatives);
  const possible = asked.filter((terms) => !isContradiction(terms));
  if (asked.length > 0 && possible.length === 0) return null;
  return possible.map((terms) => {
    const excluded = terms.filter(isExclusion);
    return {
      search: { q: terms.join(' '), ...searched },
      exclusion: excluded.length > 0 ? { q: excluded.join(' '), ...searched } : undefined,
    };
  });
}

/**
 * What a document that its meaning has found must be found by too, one of these: it has nothing that every alternative
 * excludes. Undefined where all may be shown.
 */
export function exclusionsOf(alternatives: readonly Alternative[]): DocumentSearch[] | undefined {
  const exclusions = alternatives.flatMap(({ exclusion }) => exclusion ?? []);
  return exclusions.length > 0 && exclusions.length === alternatives.length ? exclusions : undefined;
}

/** The server would still find words that begin with the last one. */
function isContradiction(terms: readonly string[]): boolean {
  const wanted = terms.filter((term) => !isExclusion(term)).map((term) => ` ${wordsOf(term)} `);
  return terms.filter(isExclusion).some((term) => wanted.some((words) => words.includes(` ${wordsOf(term)} `)));
}

function isExclusion(term: string): boolean {
  return term.startsWith('-') && wordsOf(term) !== '';
}

/** As the server reads them: without case, accents, and what is neither letter nor digit. */
function wordsOf(term: string): string {
  const words = term.normalize('NFKD').toLowerCase().split(/\s+/);
  return words
    .map((word) => word.replace(/[^\p{L}\p{N}]/gu, ''))
    .filter(Boolean)
    .join(' ');
}
