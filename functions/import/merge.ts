import { type ImportedArticle, isExtractedAfter } from './article.ts';

/** Records of one article: the first gives its id, the newest what is shown. */
export interface MergedArticle {
  article: ImportedArticle;
  /** Ids of the other records that went into it. */
  twins: string[];
  /** Further records under the same id. */
  repeats: number;
}

/**
 * Brings together the records of one article: of the same address of an agency, or under the same id. The one that was
 * extracted last wins, of equal ones the first; it takes summary and themes of another where it has none. The same comes
 * of it when the records arrive one after the other.
 */
export function mergeTwins(articles: readonly ImportedArticle[]): MergedArticle[] {
  const merged: MergedArticle[] = [];
  const known = new Map<string, MergedArticle>();
  for (const article of articles) {
    const keys = [addressKey(article), article.dataset_id].filter((key) => key !== null);
    const first = keys.map((key) => known.get(key)).find((entry) => entry !== undefined);
    if (first) {
      if (article.dataset_id === first.article.dataset_id) first.repeats += 1;
      else first.twins.push(article.dataset_id);
      first.article = mergeTwo(first.article, article);
    }
    const entry = first ?? { article, twins: [], repeats: 0 };
    if (!first) merged.push(entry);
    for (const key of keys) if (!known.has(key)) known.set(key, entry);
  }
  return merged;
}

function mergeTwo(first: ImportedArticle, other: ImportedArticle): ImportedArticle {
  const [winner, loser] = isExtractedAfter(other, first) ? [other, first] : [first, other];
  const { dataset_id, unique_id, legacy_unique_id, url, canonical_url } = first;
  return {
    ...winner,
    ...(hasThemes(winner) ? {} : themesOf(loser)),
    summary: winner.summary || loser.summary,
    // Its identity, and the address that goes with it.
    ...{ dataset_id, unique_id, legacy_unique_id, url, canonical_url },
  };
}

export function hasThemes({ theme_l1_id, theme_l2_id, theme_l3_id }: ImportedArticle): boolean {
  return (theme_l1_id ?? theme_l2_id ?? theme_l3_id) !== null;
}

function themesOf({ theme_l1_id, theme_l2_id, theme_l3_id }: ImportedArticle) {
  return { theme_l1_id, theme_l2_id, theme_l3_id };
}

function addressKey({ agency_key, canonical_url }: ImportedArticle): string | null {
  return canonical_url === null ? null : `${agency_key} ${canonical_url}`;
}
