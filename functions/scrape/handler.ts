import type { HttpFunction } from '@google-cloud/functions-framework';
import { createStage, type StageDeps } from '../../shared/stage.ts';
import { scrapeRequest, subjectOf } from './request.ts';
import { runScrape, type ScrapeRunDeps } from './run.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: ScrapeRunDeps & StageDeps): HttpFunction {
  return createStage(
    {
      stage: 'scrape',
      schema: scrapeRequest,
      subject: subjectOf,
      work: async (request, context) => ({ ...(await runScrape(request, context, deps)) }),
    },
    deps,
  );
}
