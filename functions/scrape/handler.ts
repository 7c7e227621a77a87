import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { platforms } from '../../shared/platform.ts';
import { createStage, type StageDeps } from '../../shared/stage.ts';
import { day } from '../../shared/window.ts';
import { runScrape, type ScrapeRunDeps } from './run.ts';

const message = z
  .object({
    agency_key: z.string().min(1),
    source_url: z.url({ protocol: /^https$/ }),
    platform: z.enum(platforms).nullish(),
    start_date: day,
    end_date: day,
    cursor: z.object({ page_count: z.int().min(0), entry_count: z.int().min(0) }).optional(),
  })
  .transform((data) => ({
    agencyKey: data.agency_key,
    sourceUrl: data.source_url,
    ...(data.platform ? { platform: data.platform } : {}),
    startDate: data.start_date,
    endDate: data.end_date,
    ...(data.cursor ? { cursor: { pageCount: data.cursor.page_count, entryCount: data.cursor.entry_count } } : {}),
  }));

/** The HTTP function of this stage. */
export function createHandler(deps: ScrapeRunDeps & StageDeps): HttpFunction {
  return createStage(
    {
      stage: 'scrape',
      schema: message,
      subject: (request) => request.sourceUrl,
      work: async (request, context) => ({ ...(await runScrape(request, context, deps)) }),
    },
    deps,
  );
}
