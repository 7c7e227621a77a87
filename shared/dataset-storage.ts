import type { Queryable } from './database.ts';
import type { DatasetFilter, DatasetQuery } from './dataset-query.ts';
import type { DatasetRow } from './dataset-schema.ts';
import { contentHash } from './identity.ts';
import type { ArticleFilter } from './sql/article-filter.ts';
import { readAgencyNames, resolveArticleId } from './sql/articles.ts';
import type { Article, ArticleReads } from './stored-article.ts';
import { saoPauloInstant } from './time.ts';
import { addDays } from './window.ts';

/**
 * Articles as the dataset has them, which may be under an older id. Postgres only helps: it knows the ids of an article,
 * about when it was published, and the names of agencies.
 */
export function readFromDataset(dataset: DatasetQuery, db: Queryable): ArticleReads {
  const toArticles = async (rows: readonly DatasetRow[]): Promise<Article[]> => {
    const names = await readAgencyNames(db, [...new Set(rows.map(({ agency }) => agency ?? ''))]);
    return rows.map((row) => toArticle(row, names));
  };
  return {
    source: 'dataset',
    async get(filter, limit) {
      const articles = await toArticles(await dataset.newest(toDatasetFilter(filter), limit));
      return articles.map((article) => ({ ...article, content_hash: null }));
    },
    async getByUniqueId(id) {
      const known = await resolveArticleId(db, id);
      const row = await dataset.findAny([...new Set([id, ...(known?.ids ?? [])])], known?.publishedAt);
      return row && (await toArticles([row]))[0];
    },
  };
}

function toDatasetFilter({ from, to, ...same }: ArticleFilter): DatasetFilter {
  return { ...same, from: from ? midnight(from) : undefined, to: to ? midnight(addDays(to, 1)) : undefined };
}

/** In microseconds. */
function midnight(day: string): number {
  const [year, month, date] = day.split('-').map(Number);
  return saoPauloInstant({ year: year!, month: month!, day: date! }).getTime() * 1000;
}

function toArticle(row: DatasetRow, agencyNames: ReadonlyMap<string, string>): Article {
  const { agency, image, theme_1_level_1: _label, published_at, updated_datetime, extracted_at, ...fields } = row;
  return {
    ...fields,
    unique_id: row.unique_id!,
    legacy_unique_id: null,
    agency_key: agency ?? '',
    agency_name: agencyNames.get(agency ?? '') ?? agency ?? '',
    // A query gives no row without it.
    published_at: toDate(published_at)!,
    published_at_source: null,
    updated_datetime: toDate(updated_datetime),
    extracted_at: toDate(extracted_at),
    title: row.title ?? '',
    url: row.url ?? '',
    canonical_url: null,
    image_url: image,
    tags: row.tags ?? [],
    content_hash: contentHash(row.title, row.content),
    features: null,
    version: null,
    revision: null,
    removed_at: null,
  };
}

function toDate(microseconds: number | null): Date | null {
  return microseconds === null ? null : new Date(microseconds / 1000);
}
