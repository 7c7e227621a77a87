import type { Queryable } from '../database.ts';
import type { DatasetRow } from '../dataset-schema.ts';

/** An article by its id, and when it was published, in microseconds since 1970. */
export interface PublishedId {
  uniqueId: string;
  publishedAt: number;
}

/** The articles that the dataset should have of a window, from its first instant to before its last. */
export async function listPublishedIds(db: Queryable, window: { from: Date; to: Date }): Promise<PublishedId[]> {
  const { rows } = await db.query<PublishedId>(
    `select unique_id as "uniqueId", ${epochMicroseconds('published_at')} as "publishedAt"
     from news where removed_at is null and published_at >= $1 and published_at < $2`,
    [window.from, window.to],
  );
  return rows;
}

/** Articles as the dataset should have them, in no order; those that are gone are left out. */
export async function readDatasetRows(db: Queryable, uniqueIds: readonly string[]): Promise<DatasetRow[]> {
  const { rows } = await db.query<DatasetRow>(
    `select news.unique_id, news.agency_key as agency, ${epochMicroseconds('news.published_at')} as published_at,
       ${epochMicroseconds('news.updated_datetime')} as updated_datetime,
       ${epochMicroseconds('news.extracted_at')} as extracted_at, news.title, news.subtitle, news.editorial_lead,
       news.url, news.content, news.image_url as image, news.video_url, news.category, news.tags,
       theme_1.label as theme_1_level_1,
       theme_1.code as theme_1_level_1_code, theme_1.label as theme_1_level_1_label,
       theme_2.code as theme_1_level_2_code, theme_2.label as theme_1_level_2_label,
       theme_3.code as theme_1_level_3_code, theme_3.label as theme_1_level_3_label,
       most_specific.code as most_specific_theme_code, most_specific.label as most_specific_theme_label, news.summary
     from news
     left join themes as theme_1 on theme_1.id = news.theme_l1_id
     left join themes as theme_2 on theme_2.id = news.theme_l2_id
     left join themes as theme_3 on theme_3.id = news.theme_l3_id
     left join themes as most_specific on most_specific.id = news.most_specific_theme_id
     where news.unique_id = any($1::text[]) and news.removed_at is null`,
    [uniqueIds],
  );
  return rows;
}

function epochMicroseconds(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint`;
}
