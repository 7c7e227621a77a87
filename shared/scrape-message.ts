import { z } from 'zod';
import { platforms } from './platform.ts';
import { day } from './window.ts';

/** The data of a message that asks for a run of one source over one window of days (topic `requested`). */
export const scrapeMessage = z.object({
  agency_key: z.string().min(1),
  source_url: z.url({ protocol: /^https$/ }),
  platform: z.enum(platforms).nullish(),
  start_date: day,
  end_date: day,
  allow_update: z.boolean().optional(),
  cursor: z
    .object({ page_count: z.int().min(0), entry_count: z.int().min(0), after: z.string().optional() })
    .optional(),
  revisit_after: z.string().optional(),
});
/** @see scrapeMessage */
export type ScrapeMessage = z.infer<typeof scrapeMessage>;
