import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { platforms } from '../../shared/platform.ts';
import { createStage, type StageDeps } from '../../shared/stage.ts';
import { day } from '../../shared/window.ts';
import { createHostGate } from './host-gate.ts';
import { runScrape, type ScrapeRunDeps } from './run.ts';

const message = z
  .object({
    agency_key: z.string().min(1),
    source_url: z.url({ protocol: /^https$/ }),
    platform: z.enum(platforms).nullish(),
    start_date: day,
    end_date: day,
  })
  .transform((data) => ({
    agencyKey: data.agency_key,
    sourceUrl: data.source_url,
    ...(data.platform ? { platform: data.platform } : {}),
    startDate: data.start_date,
    endDate: data.end_date,
  }));

export interface ScrapeHandlerOptions {
  maxRequestsPerHost: number;
  requestIntervalMs: number;
}

/** The HTTP function of this stage. */
export function createHandler(deps: Omit<ScrapeRunDeps, 'gate'> & StageDeps & ScrapeHandlerOptions): HttpFunction {
  const { maxRequestsPerHost: maxInFlight, requestIntervalMs: minIntervalMs } = deps;
  const gate = createHostGate({ maxInFlight, minIntervalMs });
  return createStage(
    {
      stage: 'scrape',
      schema: message,
      subject: (request) => request.sourceUrl,
      work: async (request, context) => ({ ...(await runScrape(request, context, { ...deps, gate })) }),
    },
    deps,
  );
}
