import type { Article, ArticleReads } from '../../shared/stored-article.ts';
import { ProblemError } from './problem.ts';

/**
 * Reads an article by its unique_id or by its legacy one.
 *
 * @throws {ProblemError} 404 when there is none, 410 when it is gone from the agency's site.
 */
export async function readArticle(storage: ArticleReads, id: string): Promise<Omit<Article, 'removed_at'>> {
  // No id holds anything else, and Postgres takes no text with NUL.
  const found = /^[\w-]{1,120}$/.test(id) ? await storage.getByUniqueId(id) : undefined;
  if (!found) throw new ProblemError(404, 'There is no article with this id.');
  const { removed_at: removedAt, ...article } = found;
  if (removedAt) {
    throw new ProblemError(410, `The article is gone from the agency's site since ${removedAt.toISOString()}.`);
  }
  return article;
}
