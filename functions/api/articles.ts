import type { Queryable } from '../../shared/database.ts';
import { ProblemError } from './problem.ts';

/** An article in full, under the names that Postgres has for its fields. */
export interface Article {
  unique_id: string;
  legacy_unique_id: string | null;
  agency_key: string;
  agency_name: string;
  published_at: Date;
  published_at_source: string;
  updated_datetime: Date | null;
  extracted_at: Date;
  title: string;
  subtitle: string | null;
  editorial_lead: string | null;
  url: string;
  canonical_url: string | null;
  content: string | null;
  image_url: string | null;
  video_url: string | null;
  category: string | null;
  tags: string[];
  theme_1_level_1_code: string | null;
  theme_1_level_1_label: string | null;
  theme_1_level_2_code: string | null;
  theme_1_level_2_label: string | null;
  theme_1_level_3_code: string | null;
  theme_1_level_3_label: string | null;
  most_specific_theme_code: string | null;
  most_specific_theme_label: string | null;
  summary: string | null;
  content_hash: string | null;
  features: Record<string, unknown> | null;
  version: number;
  revision: number;
}

/**
 * Reads an article by its unique_id or by its legacy one.
 *
 * @throws {ProblemError} 404 when there is none, 410 when it is gone from the agency's site.
 */
export async function readArticle(db: Queryable, id: string): Promise<Article> {
  // No id holds anything else, and Postgres takes no text with NUL.
  const found = /^[\w-]{1,120}$/.test(id) ? await findArticle(db, id) : undefined;
  if (!found) throw new ProblemError(404, 'There is no article with this id.');
  const { removed_at: removedAt, ...article } = found;
  if (removedAt) {
    throw new ProblemError(410, `The article is gone from the agency's site since ${removedAt.toISOString()}.`);
  }
  return article;
}

/** Of several that share a legacy id, the one that still stands, and of those the newest. */
async function findArticle(db: Queryable, id: string): Promise<(Article & { removed_at: Date | null }) | undefined> {
  const { rows } = await db.query<Article & { removed_at: Date | null }>(
    `select news.unique_id, news.legacy_unique_id, news.agency_key, news.agency_name, news.published_at,
       news.published_at_source, news.updated_datetime, news.extracted_at, news.title, news.subtitle,
       news.editorial_lead, news.url, news.canonical_url, news.content, news.image_url, news.video_url, news.category,
       news.tags,
       theme_1.code as theme_1_level_1_code, theme_1.label as theme_1_level_1_label,
       theme_2.code as theme_1_level_2_code, theme_2.label as theme_1_level_2_label,
       theme_3.code as theme_1_level_3_code, theme_3.label as theme_1_level_3_label,
       most_specific.code as most_specific_theme_code, most_specific.label as most_specific_theme_label,
       news.summary, news.content_hash, news_features.features, news.version, news.revision, news.removed_at
     from news
     left join themes as theme_1 on theme_1.id = news.theme_l1_id
     left join themes as theme_2 on theme_2.id = news.theme_l2_id
     left join themes as theme_3 on theme_3.id = news.theme_l3_id
     left join themes as most_specific on most_specific.id = news.most_specific_theme_id
     left join news_features on news_features.unique_id = news.unique_id
     where news.unique_id = $1 or news.legacy_unique_id = $1
     order by news.unique_id = $1 desc, news.removed_at is null desc, news.published_at desc, news.unique_id
     limit 1`,
    [id],
  );
  return rows[0];
}
