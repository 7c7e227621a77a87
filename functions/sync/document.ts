import { publishedPeriod, saoPauloDay } from '../../shared/time.ts';
import { featureFields, type NewsDocument, tagKey } from '../../shared/typesense-schema.ts';

export interface ThemeLabel {
  code: string;
  label: string;
}

/** A row of `news` with what belongs to it in other tables, as `sync` reads it for the index. */
export interface NewsForIndex {
  uniqueId: string;
  version: number;
  agencyKey: string;
  publishedAt: Date | null;
  extractedAt: Date | null;
  /** When the row came. */
  createdAt: Date;
  title: string | null;
  subtitle: string | null;
  editorialLead: string | null;
  url: string | null;
  content: string | null;
  imageUrl: string | null;
  videoUrl: string | null;
  category: string | null;
  tags: readonly string[] | null;
  themes: {
    level1: ThemeLabel | null;
    level2: ThemeLabel | null;
    level3: ThemeLabel | null;
    /** The deepest of the three; old rows may lack it. */
    mostSpecific: ThemeLabel | null;
  };
  summary: string | null;
  contentHash: string | null;
  contentEmbedding: readonly number[] | Float32Array | null;
  /** The model that made the vector. */
  embeddingModel: string | null;
  /** `news_features.features`: keys named as the fields of the collection; others are not indexed. */
  features: Readonly<Record<string, unknown>> | null;
}

type FeatureName = (typeof featureFields)[number]['name'];
type FeatureType = (typeof featureFields)[number]['type'];
/** Every field of a document but the features: none can be forgotten, and an optional one may come empty. */
type Draft = {
  [K in Exclude<keyof NewsDocument, FeatureName>]-?: Partial<NewsDocument> extends Pick<NewsDocument, K>
    ? NewsDocument[K] | null | undefined
    : NewsDocument[K];
};

/** The document of an article: what is null or empty is left out, and a missing publication date is 0. */
export function toDocument(article: NewsForIndex): NewsDocument {
  const { level1, level2, level3 } = article.themes;
  const mostSpecific = article.themes.mostSpecific ?? level3 ?? level2 ?? level1;
  const period = article.publishedAt && publishedPeriod(article.publishedAt);
  const tags = article.tags ?? [];
  const draft: Draft = {
    id: article.uniqueId,
    unique_id: article.uniqueId,
    agency: article.agencyKey,
    published_at: article.publishedAt ? epochSeconds(article.publishedAt) : 0,
    published_year: period?.year,
    published_month: period?.month,
    published_week: period?.week,
    published_local_year: article.publishedAt && Number(saoPauloDay(article.publishedAt).slice(0, 4)),
    extracted_at: article.extractedAt && epochSeconds(article.extractedAt),
    created_at: epochSeconds(article.createdAt),
    title: article.title,
    subtitle: article.subtitle,
    editorial_lead: article.editorialLead,
    url: article.url,
    content: article.content,
    image: article.imageUrl,
    video_url: article.videoUrl,
    category: article.category,
    tags: facetValues(tags),
    // Of all tags, as they were published: that is how they are asked for.
    tag_keys: [...new Set(tags.map(tagKey))],
    theme_1_level_1_code: level1?.code,
    theme_1_level_1_label: level1?.label,
    theme_1_level_2_code: level2?.code,
    theme_1_level_2_label: level2?.label,
    theme_1_level_3_code: level3?.code,
    theme_1_level_3_label: level3?.label,
    most_specific_theme_code: mostSpecific?.code,
    most_specific_theme_label: mostSpecific?.label,
    summary: article.summary,
    has_summary: !isEmpty(article.summary),
    content_hash: article.contentHash,
    content_embedding: article.contentEmbedding && Array.from(article.contentEmbedding),
    embedding_model: article.contentEmbedding && article.embeddingModel,
    version: article.version,
  };
  const values: Record<string, unknown> = { ...draft, ...knownFeatures(article.features ?? {}) };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value))) as NewsDocument;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

function epochSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

/** A longer one is a sentence that ended up among the keywords. */
const MAX_FACET_CHARACTERS = 100;

function facetValues(values: readonly unknown[]): string[] {
  return values
    .filter((value) => typeof value === 'string')
    .map((value) => value.trim())
    .filter((value) => value !== '' && [...value].length <= MAX_FACET_CHARACTERS);
}

/** Features of the type that the collection asks for; any other is left out, as it would keep the article out too. */
function knownFeatures(features: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(featureFields.map(({ name, type }) => [name, featureValue(features[name], type)]));
}

function featureValue(value: unknown, type: FeatureType): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : null;
    case 'bool':
      return typeof value === 'boolean' ? value : null;
    case 'float':
      return Number.isFinite(value) ? value : null;
    case 'int32':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31 ? value : null;
    case 'int64':
      return Number.isSafeInteger(value) ? value : null;
    case 'string[]':
      return Array.isArray(value) ? facetValues(value) : null;
  }
}
