import type { EnrichableArticle, Taxonomy, ThemeCodes } from './enricher.ts';
import { termStems } from './stem.ts';
import { collectTerms, type Term } from './theme-terms.ts';

/** What is matched: an enrichable article whose body is already free of Markdown. */
export type MatchableArticle = Omit<EnrichableArticle, 'content'> & { text: string };

/** Finds the themes of an article. */
export type ThemeMatcher = (article: MatchableArticle) => ThemeCodes;

// How many plain mentions a mention in each field is worth. The publisher alone never decides.
const FIELD = { title: 4, subtitle: 2, editorialLead: 2, category: 3, tags: 3, agencyKey: 1, opening: 1, body: 0.5 };
// News says what it is about first (the inverted pyramid).
const OPENING_CHARACTERS = 600;
// A term met again says less each time: half of its weight at this many plain mentions.
const SATURATION = 2;

// Below this nothing speaks clearly enough, and no theme is better than a guessed one. A word of the headline that
// no other theme has scores 0.67, one of the opening 0.33.
const MINIMUM_SCORE = 0.45;
/** By what factor the best theme must lead the second. */
const MINIMUM_LEAD = 1.05;

// Newsrooms and the centre of government write about everything: their names say nothing of the subject.
const GENERAL_PUBLISHERS = new Set(['agencia_brasil', 'tvbrasil', 'ebc', 'secom', 'planalto', 'casacivil']);

/** Prepares a taxonomy: some 20 ms for a few hundred themes, so keep the matcher. */
export function compileThemes(taxonomy: Taxonomy): ThemeMatcher {
  const byFirstStem = Map.groupBy(collectTerms(taxonomy), (term) => term.stems[0]!);
  const children = Map.groupBy(taxonomy.keys(), (index) => taxonomy[index]!.parentCode);

  return (article) => {
    const scores = scoreThemes(countTerms(article, byFirstStem), taxonomy.length);
    const pick = (parentCode: string | null): string | null => {
      const [best, second] = (children.get(parentCode) ?? []).toSorted((a, b) => scores[b]! - scores[a]!);
      if (best === undefined || scores[best]! < MINIMUM_SCORE) return null;
      if (second !== undefined && scores[best]! < scores[second]! * MINIMUM_LEAD) return null;
      return taxonomy[best]!.code;
    };
    const level1 = pick(null);
    const level2 = level1 && pick(level1);
    const level3 = level2 && pick(level2);
    return { level1, level2, level3 };
  };
}

/** How often each term occurs, a mention in the headline counting for several in the body. */
function countTerms(article: MatchableArticle, byFirstStem: ReadonlyMap<string, Term[]>): Map<Term, number> {
  const counts = new Map<Term, number>();
  const read = (text: string | null, weight: number) => {
    const stems = termStems(text ?? '');
    for (const [start, first] of stems.entries()) {
      for (const term of byFirstStem.get(first) ?? []) {
        if (term.stems.every((wanted, offset) => stems[start + offset] === wanted)) {
          counts.set(term, (counts.get(term) ?? 0) + weight);
        }
      }
    }
  };
  read(article.title, FIELD.title);
  read(article.subtitle, FIELD.subtitle);
  read(article.editorialLead, FIELD.editorialLead);
  read(article.category, FIELD.category);
  for (const tag of article.tags) read(tag, FIELD.tags);
  if (!GENERAL_PUBLISHERS.has(article.agencyKey)) read(article.agencyKey, FIELD.agencyKey);
  read(article.text.slice(0, OPENING_CHARACTERS), FIELD.opening);
  read(article.text.slice(OPENING_CHARACTERS), FIELD.body);
  return counts;
}

function scoreThemes(counts: ReadonlyMap<Term, number>, themeCount: number): Float64Array {
  const scores = new Float64Array(themeCount);
  for (const [term, count] of counts) {
    const strength = count / (count + SATURATION);
    for (const [index, weight] of term.weights) scores[index]! += weight * strength;
  }
  return scores;
}
