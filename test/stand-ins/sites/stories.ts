import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const storySchema = z.strictObject({
  title: z.string().min(1),
  subtitle: z.string().min(1),
  lead: z.string().min(1),
  category: z.string().min(1),
  paragraphs: z.array(z.string().min(1)).min(1),
  tags: z.array(z.string().min(1)).min(1),
});
const fileSchema = z.strictObject({
  theme: z.string().regex(/^\d{2}$/),
  stories: z.array(storySchema).min(1),
});

/** A news text of ours with open {slots}; one becomes many articles. */
export type Story = z.infer<typeof storySchema>;

const FOLDER = new URL('stories/', import.meta.url);

/** The texts by the first-level code of their theme. */
export function loadStories(): Map<string, Story[]> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  return new Map(
    names.toSorted().map((name) => {
      const { theme, stories } = fileSchema.parse(parse(readFileSync(new URL(name, FOLDER), 'utf8')));
      return [theme, stories];
    }),
  );
}
