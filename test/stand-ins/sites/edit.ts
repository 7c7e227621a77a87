import { z } from 'zod';
import type { Block, SampleArticle } from './article.ts';
import { isClassic } from './sources.ts';

const text = z.string().trim().min(1);

export const articlePatchSchema = z
  .strictObject({
    title: text,
    subtitle: text.nullable(),
    lead: text.nullable(),
    category: text.nullable(),
    tags: z.array(text),
    /** Replaces the whole body; may hold *emphasis*. */
    paragraphs: z.array(text).min(1),
    imageUrl: z.url({ protocol: /^https$/ }).nullable(),
  })
  .partial();

/** What an editor can change of a published article; its address stays. */
export type ArticlePatch = z.infer<typeof articlePatchSchema>;

/**
 * Changes an article in place, so that the next request sees it. On classic portals the picture stands in the body.
 *
 * @throws {z.ZodError} when the patch names an unknown field or a value is wrong.
 */
export function applyPatch(article: SampleArticle, patch: ArticlePatch, now: Date): void {
  const { paragraphs, ...fields } = articlePatchSchema.parse(patch);
  Object.assign(article, fields);
  if (paragraphs) {
    const images = article.body.filter((block) => block.kind === 'image');
    article.body = [...images, ...paragraphs.map((paragraph) => ({ kind: 'paragraph' as const, text: paragraph }))];
  }
  if (fields.imageUrl !== undefined && isClassic(article.layout)) {
    const text = article.body.filter((block) => block.kind !== 'image');
    const image: Block[] = fields.imageUrl ? [{ kind: 'image', src: fields.imageUrl, alt: article.title }] : [];
    article.body = [...image, ...text];
  }
  // Pages show minutes.
  article.modifiedAt = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
}
