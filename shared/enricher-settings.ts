import { z } from 'zod';

/** Which enricher is in force; a better one has a higher rank, and its work is never overwritten by a lesser one. */
export const enricherRanks = { local: 1, http: 2 } as const;

/** Who enriched what came with the old data: no lesser enricher touches it, an equal one only when it is asked to. */
export const importedEnricher = { name: 'imported', rank: enricherRanks.http } as const;

/** For every function that must know what `enrich` is asked to reach. */
export const enricherSettings = {
  /** `local`: rules on this machine, no key. `http`: a service that is asked at ENRICHER_URL. */
  ENRICHER: z.enum(['local', 'http']).default('local'),
};
