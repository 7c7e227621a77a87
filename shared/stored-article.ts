import type { ArticleFilter } from './sql/article-filter.ts';

/** An article in full, under the names that Postgres has for its fields. The dataset lacks some: there they are null. */
export interface Article {
  unique_id: string;
  legacy_unique_id: string | null;
  agency_key: string;
  agency_name: string;
  published_at: Date;
  published_at_source: string | null;
  updated_datetime: Date | null;
  extracted_at: Date | null;
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
  version: number | null;
  revision: number | null;
  /** When it was gone from its site; the dataset has no such article. */
  removed_at: Date | null;
}

/** What readers of articles need of a backend. */
export interface ArticleReads {
  source: 'postgres' | 'dataset';
  /**
   * The newest articles that match and stand; of several with the same text, the newest. Those of the dataset come
   * without `content` and `content_hash`.
   */
  get(filter: ArticleFilter, limit: number): Promise<Article[]>;
  /** The article of a unique_id or of a legacy one. */
  getByUniqueId(id: string): Promise<Article | undefined>;
}
