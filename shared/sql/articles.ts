import type { Queryable } from '../database.ts';
import type { Article } from '../stored-article.ts';
import { type ArticleFilter, matching } from './article-filter.ts';
import { bindings } from './bindings.ts';

const articleColumns = `article.unique_id, article.legacy_unique_id, article.agency_key, article.agency_name,
  article.published_at, article.published_at_source, article.updated_datetime, article.extracted_at, article.title,
  article.subtitle, article.editorial_lead, article.url, article.canonical_url, article.content, article.image_url,
  article.video_url, article.category, article.tags,
  theme_1.code as theme_1_level_1_code, theme_1.label as theme_1_level_1_label,
  theme_2.code as theme_1_level_2_code, theme_2.label as theme_1_level_2_label,
  theme_3.code as theme_1_level_3_code, theme_3.label as theme_1_level_3_label,
  most_specific.code as most_specific_theme_code, most_specific.label as most_specific_theme_label,
  article.summary, article.content_hash, news_features.features, article.version, article.revision,
  article.removed_at`;
const fromArticles = `from news as article
  left join themes as theme_1 on theme_1.id = article.theme_l1_id
  left join themes as theme_2 on theme_2.id = article.theme_l2_id
  left join themes as theme_3 on theme_3.id = article.theme_l3_id
  left join themes as most_specific on most_specific.id = article.most_specific_theme_id
  left join news_features on news_features.unique_id = article.unique_id`;

/**
 * The article that `$1` names: its unique_id, its legacy one, or that of a record that went into it when it was
 * imported. Of several that share an id, the one that still stands, and of those the newest.
 */
const theOneNamed = (article: string) => `
  where ${article}.unique_id = $1 or ${article}.legacy_unique_id = $1
    or ${article}.unique_id = (select unique_id from import_twins where dataset_id = $1)
  order by ${article}.unique_id = $1 desc, ${article}.removed_at is null desc, ${article}.published_at desc,
    ${article}.unique_id
  limit 1`;

/** The article of an id, removed ones too. */
export async function findArticle(db: Queryable, id: string): Promise<Article | undefined> {
  const { rows } = await db.query<Article>(`select ${articleColumns} ${fromArticles} ${theOneNamed('article')}`, [id]);
  return rows[0];
}

/** The newest articles that stand; of several with the same text, the newest. */
export async function listNewestArticles(db: Queryable, filter: ArticleFilter, limit: number): Promise<Article[]> {
  const { bind, values } = bindings();
  const matches = matching(filter, bind);
  const { rows } = await db.query<Article>(
    `select ${articleColumns} ${fromArticles}
     where ${matches('article')} and not exists (
       select from news as twin
       where twin.content_hash = article.content_hash and ${matches('twin')} and (
         twin.published_at > article.published_at
         or (twin.published_at = article.published_at and twin.unique_id < article.unique_id)))
     order by article.published_at desc, article.unique_id
     limit ${bind(limit)}`,
    values,
  );
  return rows;
}

/** The ids, its own first, of the article that one of them names, and when it was published, in microseconds. */
export async function resolveArticleId(
  db: Queryable,
  id: string,
): Promise<{ ids: string[]; publishedAt: number } | undefined> {
  const { rows } = await db.query<{ ids: string[]; publishedAt: number }>(
    `select array_remove(array[news.unique_id::text, news.legacy_unique_id::text] || array(
         select dataset_id::text from import_twins where import_twins.unique_id = news.unique_id order by dataset_id
       ), null) as ids,
       (extract(epoch from published_at) * 1000000)::bigint as "publishedAt"
     from news ${theOneNamed('news')}`,
    [id],
  );
  return rows[0];
}

/** The names of agencies by key. */
export async function readAgencyNames(db: Queryable, keys: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ key: string; name: string }>(
    'select key, name from agencies where key = any($1::text[])',
    [keys],
  );
  return new Map(rows.map(({ key, name }) => [key, name]));
}
