import type { PublishedAtSource, ScrapedArticle } from '../../../shared/article.ts';
import { storable } from '../store.ts';
import type { StoredFields } from './sql.ts';

/** Under the names of the columns. */
export const comparedFields = [
  'title',
  'subtitle',
  'editorial_lead',
  'content',
  'image_url',
  'video_url',
  'category',
  'tags',
  'updated_datetime',
  'published_at',
] as const;
export type ComparedField = (typeof comparedFields)[number];

export interface Difference {
  field: ComparedField;
  before: string;
  after: string;
}

const sourceRanks: Record<PublishedAtSource, number> = { 'json-ld': 1, page: 2, listing: 3, 'first-seen': 4 };
/** `news.category` is varchar(500). */
const MAX_CATEGORY_LENGTH = 500;

/** What `storeArticles` would change of a stored article: a better image, video or date is kept. */
export function differences(stored: StoredFields, article: ScrapedArticle): Difference[] {
  const before = {
    title: stored.title,
    subtitle: stored.subtitle,
    editorial_lead: stored.editorialLead,
    content: stored.content,
    image_url: stored.imageUrl,
    video_url: stored.videoUrl,
    category: stored.category,
    tags: stored.tags.join(', '),
    updated_datetime: stored.updatedDatetime?.toISOString(),
    published_at: stored.storedPublishedAt.toISOString(),
  };
  const publishedAt = keepsDate(stored, article) ? stored.storedPublishedAt : article.publishedAt;
  const after = {
    title: article.title,
    subtitle: article.subtitle,
    editorial_lead: article.editorialLead,
    content: article.content,
    image_url: article.imageUrl ?? stored.imageUrl,
    video_url: article.videoUrl ?? stored.videoUrl,
    category: article.category && [...article.category].slice(0, MAX_CATEGORY_LENGTH).join(''),
    tags: article.tags.join(', '),
    updated_datetime: (article.updatedDatetime ?? stored.updatedDatetime)?.toISOString(),
    published_at: publishedAt.toISOString(),
  };
  return comparedFields
    .map((field) => ({ field, before: before[field] ?? '', after: storable(after[field] ?? '') }))
    .filter((difference) => difference.before !== difference.after);
}

function keepsDate({ publishedAtSource: stored }: StoredFields, { publishedAtSource: found }: ScrapedArticle): boolean {
  return found === 'first-seen' || sourceRanks[found] > sourceRanks[stored];
}

const SHOWN_LENGTH = 120;
const SHOWN_BEFORE = 30;

/** The parts of both texts where they begin to differ. */
export function shortened({ field, before, after }: Difference): Difference {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const start = Math.max(0, same - SHOWN_BEFORE);
  const cut = (text: string) => {
    const end = start + SHOWN_LENGTH;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${text.length > end ? '…' : ''}`.toWellFormed();
  };
  return { field, before: cut(before), after: cut(after) };
}
