import type { Queryable } from '../../shared/database.ts';
import { uniqueIdCandidates } from '../../shared/identity.ts';
import { type ImportedArticle, isExtractedAfter } from './article.ts';
import { hasThemes, type MergedArticle, mergeTwins } from './merge.ts';
import type { StoreOutcome } from './report.ts';
import {
  type ArticleChange,
  type ArticleIds,
  enrichArticles,
  findStored,
  insertArticles,
  insertTwins,
  type StoredMatch,
  settleArticles,
  updateArticles,
} from './sql.ts';

export interface StoreResult {
  outcomes: Record<StoreOutcome, number>;
  /** Records that went into an article with another id. */
  twins: { dataset_id: string; unique_id: string }[];
  /** Articles for which no id is free. */
  homeless: ImportedArticle[];
}

/**
 * Stores a batch. What is there is never overwritten by something older; where it lacks a summary or themes, it takes
 * those of the record. Another article's id is left to it, and the new one gets a longer suffix.
 */
export async function storeBatch(tx: Queryable, articles: readonly ImportedArticle[]): Promise<StoreResult> {
  const result: StoreResult = {
    outcomes: { inserted: 0, updated: 0, unchanged: 0, merged: 0 },
    twins: [],
    homeless: [],
  };
  let left = mergeTwins(articles);
  for (let suffix = 0; left.length > 0; suffix++) {
    const candidates = left.flatMap((entry) => {
      const article = withSuffix(entry.article, suffix);
      if (article) return [{ ...entry, article }];
      result.homeless.push(entry.article);
      return [];
    });
    if (candidates.length === 0) break;
    const inserted = await insertArticles(
      tx,
      candidates.map(({ article }) => article),
    );
    const takeInserted = onceEach(inserted);
    const rest: MergedArticle[] = [];
    for (const entry of candidates) {
      if (takeInserted(entry.article)) noteStored(result, entry, entry.article.unique_id, 'inserted');
      else rest.push(entry);
    }
    left = await storeKnown(tx, rest, result);
  }
  await insertTwins(tx, result.twins);
  return result;
}

/** Of two records of a batch that want one id, one has got it. */
function onceEach(inserted: readonly ArticleIds[]): (article: ImportedArticle) => boolean {
  const key = ({ unique_id, legacy_unique_id }: ArticleIds) => `${unique_id} ${legacy_unique_id}`;
  const left = new Set(inserted.map(key));
  return (article) => left.delete(key(article));
}

function withSuffix(article: ImportedArticle, growth: number): ImportedArticle | undefined {
  if (growth === 0) return article;
  if (article.legacy_unique_id === null) return undefined;
  const id = uniqueIdCandidates(article.title, article.legacy_unique_id)[growth];
  return id === undefined ? undefined : { ...article, unique_id: id };
}

/** Stores records of articles that are there; returns those that only wanted an id that is taken. */
async function storeKnown(tx: Queryable, entries: readonly MergedArticle[], result: StoreResult) {
  if (entries.length === 0) return [];
  const matches = await findStored(
    tx,
    entries.map(({ article }) => article),
  );
  const byRecord = new Map(matches.map((match) => [match.dataset_id, match]));
  const newer: ArticleChange[] = [];
  const enriching: ArticleChange[] = [];
  const parked: string[] = [];
  const homeless: MergedArticle[] = [];
  for (const entry of entries) {
    const { article } = entry;
    const match = byRecord.get(article.dataset_id);
    if (!match) {
      homeless.push(entry);
      continue;
    }
    const change = { ...article, stored_id: match.unique_id, keeps_enrichment: match.keeps_enrichment };
    const isNewer = isExtractedAfter(article, match);
    const isEnriching = enriches(article, match, isNewer);
    if (isNewer) newer.push(change);
    if (isEnriching) enriching.push(onlyMissing(change, match, isNewer));
    if (!match.is_due && (isNewer || isEnriching)) parked.push(match.unique_id);
    const isOwn = article.dataset_id === match.unique_id || article.dataset_id === match.legacy_unique_id;
    const changed = isNewer || isEnriching ? 'updated' : 'unchanged';
    noteStored(result, entry, match.unique_id, isOwn ? changed : 'merged');
  }
  await updateArticles(tx, newestOfEach(newer));
  await enrichArticles(tx, newestOfEach(enriching));
  await settleArticles(tx, [...newer, ...enriching], parked);
  return homeless;
}

/** One change an article, though records may reach it by its address and by its id. */
function newestOfEach(changes: readonly ArticleChange[]): ArticleChange[] {
  const sorted = changes.toSorted((a, b) => Number(isExtractedAfter(a, b)) - Number(isExtractedAfter(b, a)));
  return [...new Map(sorted.map((change) => [change.stored_id, change])).values()];
}

/** Whether a record gives its article a summary or themes: newer ones, or the first. */
function enriches(article: ImportedArticle, match: StoredMatch, isNewer: boolean): boolean {
  const hasSummary = Boolean(article.summary) && (isNewer || !match.has_summary);
  return !match.keeps_enrichment && (hasSummary || (hasThemes(article) && (isNewer || !match.has_themes)));
}

/** Of an older record only what the article lacks. */
function onlyMissing(change: ArticleChange, match: StoredMatch, isNewer: boolean): ArticleChange {
  if (isNewer) return change;
  const noThemes = { theme_l1_id: null, theme_l2_id: null, theme_l3_id: null };
  return {
    ...change,
    summary: match.has_summary ? null : change.summary,
    ...(match.has_themes ? noThemes : {}),
  };
}

function noteStored(result: StoreResult, entry: MergedArticle, uniqueId: string, outcome: StoreOutcome): void {
  const { article, twins, repeats } = entry;
  result.outcomes[outcome] += 1;
  result.outcomes.merged += twins.length;
  result.outcomes.unchanged += repeats;
  const merged = outcome === 'merged' ? [article.dataset_id, ...twins] : twins;
  result.twins.push(...merged.map((dataset_id) => ({ dataset_id, unique_id: uniqueId })));
}
