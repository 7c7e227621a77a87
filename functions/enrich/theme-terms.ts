import type { Theme } from '../../shared/theme.ts';
import type { Taxonomy } from './enricher.ts';
import { fold } from './portuguese.ts';
import { stem, termStems } from './stem.ts';

/** One word or phrase of the taxonomy, and the themes it speaks for. */
export interface Term {
  stems: readonly string[];
  /** Index of a theme in the taxonomy → how much the term means for it. */
  weights: Map<number, number>;
}

const WEIGHT = { label: 1, keyword: 1, partOfLabel: 0.3, description: 0.25 };
// A phrase is less likely than a word to be met by chance.
const PHRASE_FACTOR = 1.5;

// In government news these stand in any text: alone they say nothing of its subject, within a phrase they may.
const EVERYWHERE = new Set(
  (
    'governo federal nacional Brasil brasileiro país ministério ministro presidente público programa projeto ação ' +
    'política serviço secretaria região estado município cidade segunda terça quarta quinta sexta feira sábado domingo ' +
    'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'
  )
    .split(' ')
    .map((word) => stem(fold(word))),
);

/** Words and phrases of the labels, keywords and descriptions; what speaks for a theme speaks for those above it. */
export function collectTerms(taxonomy: Taxonomy): Term[] {
  const indexByCode = new Map(taxonomy.map((theme, index) => [theme.code, index]));
  const terms = new Map<string, Term>();
  const add = (theme: Theme, stems: readonly string[], weight: number) => {
    if (stems.length === 0 || (stems.length === 1 && EVERYWHERE.has(stems[0]!))) return;
    const key = stems.join(' ');
    const term = terms.get(key) ?? { stems, weights: new Map<number, number>() };
    terms.set(key, term);
    let code: string | null = theme.code;
    for (let level = theme.level; level > 0 && code !== null; level -= 1) {
      const index = indexByCode.get(code);
      if (index === undefined) break;
      term.weights.set(index, Math.max(term.weights.get(index) ?? 0, weight));
      code = taxonomy[index]!.parentCode;
    }
  };
  const addPhrase = (theme: Theme, stems: readonly string[], weight: number) =>
    add(theme, stems, stems.length > 1 ? weight * PHRASE_FACTOR : weight);

  for (const theme of taxonomy) {
    for (const part of theme.label.split(/,| e /)) {
      const stems = termStems(part);
      addPhrase(theme, stems, WEIGHT.label);
      for (const word of stems) add(theme, [word], WEIGHT.partOfLabel);
    }
    for (const keyword of theme.keywords) addPhrase(theme, termStems(keyword), WEIGHT.keyword);
    for (const word of termStems(theme.description ?? '')) add(theme, [word], WEIGHT.description);
  }
  weighByRarity([...terms.values()], taxonomy);
  return [...terms.values()];
}

/** Inverse frequency among siblings, 1 for a term of one of them: what all share decides nothing between them. */
function weighByRarity(terms: readonly Term[], taxonomy: Taxonomy): void {
  const siblings = new Map<string | null, number>();
  for (const { parentCode } of taxonomy) siblings.set(parentCode, (siblings.get(parentCode) ?? 0) + 1);
  for (const { weights } of terms) {
    const sharing = new Map<string | null, number>();
    for (const index of weights.keys()) {
      const { parentCode } = taxonomy[index]!;
      sharing.set(parentCode, (sharing.get(parentCode) ?? 0) + 1);
    }
    for (const [index, weight] of weights) {
      const { parentCode } = taxonomy[index]!;
      const among = siblings.get(parentCode)! + 1;
      weights.set(index, weight * (Math.log(among / sharing.get(parentCode)!) / Math.log(among)));
    }
  }
}
