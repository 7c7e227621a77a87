/** Arrow types that the public dataset uses. */
export type DatasetColumnType = 'string' | 'list<string>' | 'timestamp[us, tz=-03:00]' | 'timestamp[ns]';

/** A column of the dataset; null is allowed in all. */
export interface DatasetColumn {
  name: string;
  type: DatasetColumnType;
}

/**
 * The columns of the public dataset, in order; all nullable. A contract with its readers: one shard that differs in any
 * column makes the whole dataset unloadable.
 */
export const datasetColumns = [
  { name: 'unique_id', type: 'string' },
  { name: 'agency', type: 'string' },
  { name: 'published_at', type: 'timestamp[us, tz=-03:00]' },
  { name: 'updated_datetime', type: 'timestamp[us, tz=-03:00]' },
  { name: 'extracted_at', type: 'timestamp[ns]' },
  { name: 'title', type: 'string' },
  { name: 'subtitle', type: 'string' },
  { name: 'editorial_lead', type: 'string' },
  { name: 'url', type: 'string' },
  { name: 'content', type: 'string' },
  { name: 'image', type: 'string' },
  { name: 'video_url', type: 'string' },
  { name: 'category', type: 'string' },
  { name: 'tags', type: 'list<string>' },
  { name: 'theme_1_level_1', type: 'string' },
  { name: 'theme_1_level_1_code', type: 'string' },
  { name: 'theme_1_level_1_label', type: 'string' },
  { name: 'theme_1_level_2_code', type: 'string' },
  { name: 'theme_1_level_2_label', type: 'string' },
  { name: 'theme_1_level_3_code', type: 'string' },
  { name: 'theme_1_level_3_label', type: 'string' },
  { name: 'most_specific_theme_code', type: 'string' },
  { name: 'most_specific_theme_label', type: 'string' },
  { name: 'summary', type: 'string' },
] as const satisfies readonly DatasetColumn[];

/** The columns of the second, reduced dataset, in order. */
export const reducedColumns = [
  { name: 'published_at', type: 'timestamp[us, tz=-03:00]' },
  { name: 'agency', type: 'string' },
  { name: 'title', type: 'string' },
  { name: 'url', type: 'string' },
] as const satisfies readonly (typeof datasetColumns)[number][];

export type DatasetColumnName = (typeof datasetColumns)[number]['name'];

interface DatasetValues {
  string: string;
  'list<string>': string[];
  'timestamp[us, tz=-03:00]': number;
  'timestamp[ns]': number;
}

/** A row of the dataset by column name. Timestamps of either unit are whole microseconds since 1970, in UTC. */
export type DatasetRow = {
  [Column in (typeof datasetColumns)[number] as Column['name']]: DatasetValues[Column['type']] | null;
};
