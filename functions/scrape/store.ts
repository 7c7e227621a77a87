import type { ScrapedArticle } from '../../shared/article.ts';
import { type ArticleWrites, articleWrites } from '../../shared/article-writes.ts';
import type { Queryable } from '../../shared/database.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { contentHash, legacyId, uniqueIdCandidates } from '../../shared/identity.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { closeFailures } from '../../shared/sql/quarantine.ts';
import type { ArticleInput } from '../../shared/sql/store-articles.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { identityDate } from '../../shared/time.ts';
import { type PageRow, savePages } from './pages-sql.ts';

export type StoreOutcome = 'inserted' | 'updated' | 'unchanged';

/**
 * Stores one article under the rules of a re-scrape: new, edited or only seen again. A new version is announced on
 * `scraped`; a mere visit is not.
 *
 * @param page what stays of the visit; written in the same transaction.
 * @throws {PermanentError} when the agency is not in the catalogue; the text names it.
 */
export async function storeArticle(
  article: ScrapedArticle,
  context: StageContext,
  { storage = articleWrites, ...deps }: OutboxDeps & { storage?: Pick<ArticleWrites, 'insert'> },
  page?: PageRow,
): Promise<StoreOutcome> {
  const title = storable(article.title);
  const legacy = legacyId(article.agencyKey, identityDate(article.publishedAt), title);
  const candidates = uniqueIdCandidates(title, legacy);
  return await commitAndPublish(deps, async (tx) => {
    if (page) await savePages(tx, [page]);
    for (const candidate of candidates) {
      const [stored] = await storage.insert(tx, [toInput(article, candidate, legacy)]);
      switch (stored?.status) {
        case 'taken':
          continue;
        case 'unknown-agency':
          throw new PermanentError(
            `Agency "${article.agencyKey}" of ${article.url} is not in the catalogue: add it with "destaques catalogue import"`,
          );
        case 'inserted':
        case 'updated': {
          await closeFailures(tx, 'scrape', [article.canonicalUrl]);
          const data = { unique_id: stored.unique_id, version: stored.version };
          return {
            result: stored.status,
            messages: [{ topic: 'scraped', data, attributes: context.attributes }],
          };
        }
        case 'twin': {
          await closeFailures(tx, 'scrape', [article.canonicalUrl]);
          const twinOf = stored.unique_id!;
          const version = await bringBack(tx, twinOf, article);
          if (version !== undefined) {
            const data = { unique_id: twinOf, version };
            return { result: 'updated', messages: [{ topic: 'scraped', data, attributes: context.attributes }] };
          }
          // Should the site take down the other address, the article moves here.
          if (page) await savePages(tx, [{ ...page, twinOf }]);
          return { result: 'unchanged', messages: [] };
        }
        default:
          await closeFailures(tx, 'scrape', [article.canonicalUrl]);
          return { result: 'unchanged', messages: [] };
      }
    }
    throw new RetryableError(`No unique_id is free for ${article.url}: tried ${candidates.join(', ')}`);
  });
}

/** An article that was taken down at one address and is found at another is back there; undefined when it stands. */
async function bringBack(tx: Queryable, uniqueId: string, article: ScrapedArticle): Promise<number | undefined> {
  const { rows } = await tx.query<{ version: number }>(
    `update news set url = $2, canonical_url = $3, removed_at = null, removed_by = null, last_seen_at = $4
     where unique_id = $1 and removed_by = 'site'
     returning version`,
    [uniqueId, article.url, article.canonicalUrl, article.extractedAt],
  );
  return rows[0]?.version;
}

function toInput(article: ScrapedArticle, uniqueId: string, legacyUniqueId: string): ArticleInput {
  return { unique_id: uniqueId, legacy_unique_id: legacyUniqueId, ...toColumns(article) };
}

/** What is written of an article apart from its names, as Postgres takes it. */
export function toColumns(article: ScrapedArticle): Omit<ArticleInput, 'unique_id' | 'legacy_unique_id'> {
  const title = storable(article.title);
  const content = storable(article.content);
  return {
    agency_key: article.agencyKey,
    url: article.url,
    canonical_url: article.canonicalUrl,
    title,
    subtitle: storableOrNull(article.subtitle),
    editorial_lead: storableOrNull(article.editorialLead),
    content,
    image_url: article.imageUrl,
    video_url: article.videoUrl,
    category: storableOrNull(article.category && firstCharacters(article.category, 500)),
    tags: article.tags.map(storable).filter(Boolean),
    published_at: article.publishedAt,
    published_at_source: article.publishedAtSource,
    updated_datetime: article.updatedDatetime,
    extracted_at: article.extractedAt,
    content_hash: contentHash(title, content),
  };
}

/** Postgres takes neither NUL nor half a surrogate pair. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

function storableOrNull(text: string | null): string | null {
  return (text && storable(text)) || null;
}

/** As Postgres counts them: by code point, so that no pair is cut in two. */
function firstCharacters(text: string, count: number): string {
  return [...text.slice(0, 2 * count)].slice(0, count).join('');
}
