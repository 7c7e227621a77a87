import { z } from 'zod';
import { articleWrites } from '../../shared/article-writes.ts';
import { integer } from '../../shared/config.ts';
import type { Queryable } from '../../shared/database.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { createSharedHostGate } from './fetch/host-slots.ts';
import { createRobots } from './fetch/robots.ts';
import { openRawStore, rawStoreSettings } from './raw-store/open.ts';
import { requestTimeoutMs, type ScrapeRunDeps } from './run.ts';

export const scrapeSettings = {
  /** Who we are, with a contact address: one identity for all requests. */
  USER_AGENT: z.string().default('DestaquesGovBr/1.0 (+https://github.com/destaquesgovbr)'),
  MAX_REQUESTS_PER_HOST: integer(1, 16).default(2),
  REQUEST_INTERVAL_MS: integer(0, 600_000).default(1000),
  /** Days after its publication during which an article is visited again. */
  REVISIT_DAYS: integer(0, 365).default(7),
  /** Articles that one run visits again at most. */
  MAX_REVISITS: integer(0, 100_000).default(200),
  /** Pages of a listing that are read at most for one window. */
  MAX_PAGES: integer(1, 100_000).default(1000),
  /** What one message may take before it goes on in another: below the timeout of the function, with room to end. */
  SCRAPE_BUDGET_SECONDS: integer(1, 420).default(420),
  ...rawStoreSettings,
};
const scrapeConfig = z.object(scrapeSettings);

export const config = z.object({ ...functionSettings, ...scrapeSettings });

/** What of a run's dependencies the settings say. One for all runs of an instance: the gate and robots.txt are shared. */
export function createScrapeTools(
  settings: z.infer<typeof scrapeConfig>,
  db: Queryable,
): Omit<ScrapeRunDeps, 'db' | 'publisher' | 'log' | 'dispatcher'> {
  return {
    storage: articleWrites,
    gate: createSharedHostGate({
      db,
      maxInFlight: settings.MAX_REQUESTS_PER_HOST,
      minIntervalMs: settings.REQUEST_INTERVAL_MS,
      timeoutMs: requestTimeoutMs,
    }),
    robots: createRobots(),
    rawStore: openRawStore(settings),
    userAgent: settings.USER_AGENT,
    revisitDays: settings.REVISIT_DAYS,
    maxRevisits: settings.MAX_REVISITS,
    maxPages: settings.MAX_PAGES,
    budgetMs: settings.SCRAPE_BUDGET_SECONDS * 1000,
    now: () => new Date(),
  };
}
