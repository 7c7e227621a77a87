import type { Queryable } from './database.ts';
import { type ArticleInput, type StoredArticle, storeArticles } from './sql/store-articles.ts';

/** How articles are written that were read on a site. */
export interface ArticleWrites {
  /** New articles and new versions of known ones, in the transaction of the caller: see `storeArticles`. */
  insert(tx: Queryable, articles: readonly ArticleInput[]): Promise<StoredArticle[]>;
  /** The same: whether an article is known, the statement alone can tell for sure. */
  update(tx: Queryable, articles: readonly ArticleInput[]): Promise<StoredArticle[]>;
}

/** Writes to Postgres; the session journals it for the dataset in the phases that ask for it. */
export const articleWrites: ArticleWrites = { insert: storeArticles, update: storeArticles };
