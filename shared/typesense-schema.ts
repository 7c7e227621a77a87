import { createHash } from 'node:crypto';
import type { CollectionCreateSchema, CollectionFieldSchema } from 'typesense';
import { usualDimensions } from './embedding-settings.ts';

/**
 * What `news_features` may add to a document, under the same names.
 *
 * @see https://typesense.org/docs/30.1/api/collections.html#schema-parameters
 */
export const featureFields = [
  { name: 'sentiment_label', type: 'string', optional: true },
  { name: 'sentiment_score', type: 'float', optional: true },
  { name: 'trending_score', type: 'float', optional: true },
  { name: 'word_count', type: 'int32', optional: true },
  { name: 'has_image', type: 'bool', optional: true },
  { name: 'has_video', type: 'bool', optional: true },
  { name: 'readability_flesch', type: 'float', optional: true },
  { name: 'entities', type: 'string[]', optional: true },
  { name: 'entity_org', type: 'string[]', optional: true },
  { name: 'entity_per', type: 'string[]', optional: true },
  { name: 'entity_loc', type: 'string[]', optional: true },
  { name: 'entity_event', type: 'string[]', optional: true },
  { name: 'entity_policy', type: 'string[]', optional: true },
  { name: 'entity_misc', type: 'string[]', optional: true },
  { name: 'view_count', type: 'int64', optional: true },
] as const satisfies readonly CollectionFieldSchema[];

// No `locale` anywhere: the default tokenizer folds accents, so "saude" finds "saúde"; a locale would keep them apart.
const fields = [
  { name: 'unique_id', type: 'string' },
  { name: 'agency', type: 'string', facet: true },
  { name: 'published_at', type: 'int64' },
  { name: 'published_year', type: 'int32', facet: true, optional: true },
  { name: 'published_month', type: 'int32', facet: true, optional: true },
  { name: 'published_week', type: 'int32', facet: true, optional: true },
  { name: 'published_local_year', type: 'int32', facet: true, optional: true },
  { name: 'extracted_at', type: 'int64', optional: true },
  { name: 'created_at', type: 'int64' },
  { name: 'title', type: 'string', optional: true },
  { name: 'subtitle', type: 'string', optional: true },
  { name: 'editorial_lead', type: 'string', optional: true },
  { name: 'url', type: 'string', optional: true },
  { name: 'content', type: 'string', optional: true },
  { name: 'image', type: 'string', optional: true },
  { name: 'video_url', type: 'string', optional: true },
  { name: 'category', type: 'string', facet: true, optional: true },
  { name: 'tags', type: 'string[]', facet: true, optional: true },
  { name: 'tag_keys', type: 'string[]', optional: true },
  { name: 'theme_1_level_1_code', type: 'string', facet: true, optional: true },
  { name: 'theme_1_level_1_label', type: 'string', facet: true, optional: true },
  { name: 'theme_1_level_2_code', type: 'string', facet: true, optional: true },
  { name: 'theme_1_level_2_label', type: 'string', facet: true, optional: true },
  { name: 'theme_1_level_3_code', type: 'string', facet: true, optional: true },
  { name: 'theme_1_level_3_label', type: 'string', facet: true, optional: true },
  { name: 'most_specific_theme_code', type: 'string', facet: true, optional: true },
  { name: 'most_specific_theme_label', type: 'string', facet: true, optional: true },
  { name: 'summary', type: 'string', optional: true },
  { name: 'has_summary', type: 'bool', optional: true },
  { name: 'content_hash', type: 'string', facet: true, optional: true },
  { name: 'content_embedding', type: 'float[]', num_dim: usualDimensions, optional: true },
  { name: 'embedding_model', type: 'string', facet: true, optional: true },
  { name: 'version', type: 'int64' },
  ...featureFields,
] as const satisfies readonly CollectionFieldSchema[];

interface FieldValues {
  string: string;
  'string[]': string[];
  int32: number;
  int64: number;
  float: number;
  'float[]': number[];
  bool: boolean;
}
type Field = (typeof fields)[number];
type OptionalField = Extract<Field, { optional: true }>;

/** One article in the collection: what the schema asks for, and `id`, which is its `unique_id`. Times are epoch seconds. */
export type NewsDocument = { id: string } & {
  [F in Exclude<Field, OptionalField> as F['name']]: FieldValues[F['type']];
} & { [F in OptionalField as F['name']]?: FieldValues[F['type']] };

/** The fields that a document may lack. */
export const optionalFieldNames: readonly string[] = fields
  .filter((field) => 'optional' in field)
  .map(({ name }) => name);

/**
 * A tag as filters name it, in `tag_keys`. The server compares strings word by word, without case, accents and punctuation,
 * and has no way to quote a backtick: by these keys a tag is itself alone, whatever its characters.
 */
export function tagKey(tag: string): string {
  return createHash('sha256').update(tag).digest('hex').slice(0, 16);
}

/**
 * The schema of the collection behind an alias. Its name ends in a hash of the rest: a changed schema, or another length
 * of vectors, is another collection.
 */
export function newsCollection(alias: string, dimensions: number = usualDimensions): CollectionCreateSchema {
  const sized = fields.map((field) => ('num_dim' in field ? { ...field, num_dim: dimensions } : field));
  const schema = { fields: sized, default_sorting_field: 'published_at' };
  const hash = createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 8);
  return { name: `${alias}_${hash}`, ...schema };
}
