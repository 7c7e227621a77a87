import { enricherRanks } from '../../shared/enricher-settings.ts';
import { textBlocks } from '../../shared/plain-text.ts';
import type { Enricher, Taxonomy } from './enricher.ts';
import { textFeatures } from './features.ts';
import { compileThemes, type ThemeMatcher } from './match-themes.ts';
import { summarize } from './summarize.ts';

// Longer than any article: the bound on what a hostile text can cost.
const CHARACTERS_READ = 1_000_000;
// Themes show early in an article; a speech of a million characters says no more about its own.
const CHARACTERS_MATCHED = 20_000;

/** The enricher that needs no key, no network and no model: matched words, whole sentences, counts. */
export function createLocalEnricher(): Enricher {
  const matchers = new WeakMap<Taxonomy, ThemeMatcher>();
  const matcherOf = (taxonomy: Taxonomy): ThemeMatcher => {
    const matcher = matchers.get(taxonomy) ?? compileThemes(taxonomy);
    matchers.set(taxonomy, matcher);
    return matcher;
  };
  return {
    name: 'local-1',
    rank: enricherRanks.local,
    async enrich(article, taxonomy) {
      const blocks = textBlocks(article.content.slice(0, CHARACTERS_READ));
      return {
        themes: matcherOf(taxonomy)({ ...article, text: openingText(blocks.map((block) => block.text)) }),
        summary: summarize(article.title, blocks),
        features: textFeatures(blocks),
      };
    },
  };
}

function openingText(texts: readonly string[]): string {
  let opening = '';
  for (const text of texts) {
    if (opening.length >= CHARACTERS_MATCHED) break;
    opening += `${text.slice(0, CHARACTERS_MATCHED - opening.length)}\n`;
  }
  return opening;
}
