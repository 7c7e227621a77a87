import type { Queryable } from '../../shared/database.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import type { StageContext } from '../../shared/stage-context.ts';

/** What an operator does to articles: take them out of every view, or bring them back. */
export type ArticleAction = 'remove' | 'restore';

/** What became of one id, for people. */
export interface ArticleOutcome {
  id: string;
  /** False when no article, or more than one, has the id. */
  isFound: boolean;
  text: string;
}

/**
 * Takes articles out of search, API and dataset, or brings them back, and announces each new version on `scraped`. An
 * operator's removal stands when the page is scraped again; a removal by the site, once restored, is found anew by the
 * next visits when the page is still missing. Ids that are unknown hold up no other.
 *
 * @param ids each a unique_id or a legacy one.
 */
export async function changeArticles(
  action: ArticleAction,
  ids: readonly string[],
  context: StageContext,
  deps: OutboxDeps,
): Promise<ArticleOutcome[]> {
  return await commitAndPublish(deps, async (tx) => {
    if (action === 'restore') await resetVisits(tx, ids);
    const articles = await lockArticles(tx, ids);
    const found = [...new Set(ids)].map((id) => ({ id, ...findArticle(articles, id) }));
    const targets = found.flatMap(({ article }) => (article && changes(action, article) ? [article.unique_id] : []));
    const written = action === 'remove' ? await removeArticles(tx, targets) : await restoreArticles(tx, targets);
    const versions = new Map(articles.map(({ unique_id, version }) => [unique_id, version]));
    return {
      result: found.map(({ id, article, problem }) => ({
        id,
        isFound: article !== undefined,
        text: article ? describe(action, article) : problem!,
      })),
      // What is gone from its site is in no view: only who keeps it out has changed.
      messages: written
        .filter(({ unique_id, version }) => versions.get(unique_id) !== version)
        .map((data) => ({ topic: 'scraped', data, attributes: context.attributes })),
    };
  });
}

interface LockedArticle {
  unique_id: string;
  legacy_unique_id: string | null;
  title: string;
  version: number;
  removed_at: Date | null;
  removed_by: 'site' | 'operator' | null;
}

interface WrittenArticle {
  unique_id: string;
  version: number;
}

function findArticle(articles: readonly LockedArticle[], id: string): { article?: LockedArticle; problem?: string } {
  const exact = articles.find((article) => article.unique_id === id);
  if (exact) return { article: exact };
  const [article, ...others] = articles.filter((candidate) => candidate.legacy_unique_id === id);
  if (!article) return { problem: 'no article has this id' };
  if (others.length === 0) return { article };
  return { problem: `several articles share this id: ${[article, ...others].map((one) => one.unique_id).join(', ')}` };
}

function changes(action: ArticleAction, { removed_at: removedAt, removed_by: removedBy }: LockedArticle): boolean {
  return action === 'remove' ? removedAt === null || removedBy !== 'operator' : removedAt !== null;
}

function describe(action: ArticleAction, article: LockedArticle): string {
  const { unique_id: id, title, removed_at: removedAt, removed_by: removedBy } = article;
  const name = `${id} "${title}"`;
  if (action === 'restore') return removedAt ? `restored ${name}` : `${name} is not removed`;
  if (!removedAt) return `removed ${name}`;
  if (removedBy === 'operator') return `${name} is already removed, since ${removedAt.toISOString()}`;
  return `${name} is gone from its site since ${removedAt.toISOString()}, and now stays out should it come back`;
}

/** Locked in one order, so that two operators never wait for each other. */
async function lockArticles(tx: Queryable, ids: readonly string[]): Promise<LockedArticle[]> {
  const { rows } = await tx.query<LockedArticle>(
    `select unique_id, legacy_unique_id, title, version, removed_at, removed_by
     from news where unique_id = any($1::text[]) or legacy_unique_id = any($1::text[])
     order by unique_id for no key update`,
    [ids],
  );
  return rows;
}

async function removeArticles(tx: Queryable, uniqueIds: readonly string[]): Promise<WrittenArticle[]> {
  const { rows } = await tx.query<WrittenArticle>(
    `update news set removed_at = coalesce(removed_at, now()), removed_by = 'operator'
     where unique_id = any($1::text[]) returning unique_id, version`,
    [uniqueIds],
  );
  return rows;
}

/**
 * Visits count anew: a page that was missing is gone after three more. Before the articles are locked, and in the order
 * of a scrape, so that neither waits for the other.
 */
async function resetVisits(tx: Queryable, ids: readonly string[]): Promise<void> {
  await tx.query(
    `with page as (
       select pages.agency_key, pages.canonical_url from pages
       join news on news.agency_key = pages.agency_key and md5(news.canonical_url) = md5(pages.canonical_url)
       where (unique_id = any($1::text[]) or legacy_unique_id = any($1::text[])) and removed_at is not null
       order by pages.agency_key, pages.canonical_url
       for no key update of pages)
     update pages set missing_visits = 0 from page
     where pages.agency_key = page.agency_key and md5(pages.canonical_url) = md5(page.canonical_url)`,
    [ids],
  );
}

async function restoreArticles(tx: Queryable, uniqueIds: readonly string[]): Promise<WrittenArticle[]> {
  const { rows } = await tx.query<WrittenArticle>(
    `update news set removed_at = null, removed_by = null
     where unique_id = any($1::text[]) returning unique_id, version`,
    [uniqueIds],
  );
  return rows;
}
