import { planSources } from '../../functions/dispatch/dispatch.ts';
import { defaultUserAgent } from '../../functions/scrape/config.ts';
import { createHostGate } from '../../functions/scrape/host-gate.ts';
import { runScrape } from '../../functions/scrape/run.ts';
import { errorMessage } from '../../shared/errors.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { cliDeps } from './cli-deps.ts';
import { withDatabase } from './local-database.ts';
import { type NewsSourceOptions, openNewsSource, usualExtent } from './news-source.ts';
import { checkWindow, type GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';

export type ScrapeOptions = GlobalOptions &
  NewsSourceOptions & { startDate?: string; endDate?: string; sequential?: boolean };

/** Sources that are read side by side; what is asked of one host is bounded apart from this. */
const concurrentSources = 4;

/**
 * Scrapes sources into the database, without a bus: the stages find their work by their own predicates.
 *
 * @throws {Error} at the end, when a source failed.
 */
export async function scrapeSources(options: ScrapeOptions): Promise<void> {
  await withDatabase(options, async (db) => {
    if (options.agencies) await checkAgencies(db, options.agencies);
    const news = await openNewsSource(options);
    try {
      const usual = usualExtent(news);
      checkWindow(options, usual.usualWindow().endDate);
      const { sources, window } = await planSources(options, { db, ...usual });
      const deps = {
        ...cliDeps(db, options),
        dispatcher: news.dispatcher,
        gate: createHostGate({ maxInFlight: 2, minIntervalMs: news.requestIntervalMs }),
        userAgent: defaultUserAgent,
        now: () => new Date(),
      };
      const context = contextFrom();
      const progress = createProgress();
      progress.done(
        `Scraping ${sources.length} sources, ${window.startDate} to ${window.endDate}, from ${news.description}`,
      );
      const queue = sources.values();
      let failed = 0;
      const worker = async () => {
        for (const { agencyKey, sourceUrl, platform } of queue) {
          try {
            const report = await runScrape(
              { agencyKey, sourceUrl, ...(platform ? { platform } : {}), ...window },
              context,
              deps,
            );
            progress.done(
              `${agencyKey}: ${report.inserted} new, ${report.updated} changed, ${report.unchanged} unchanged, ${report.rejected} rejected`,
            );
          } catch (error) {
            failed++;
            progress.done(`${agencyKey}: failed, ${errorMessage(error)}`);
          }
        }
      };
      await Promise.all(Array.from({ length: options.sequential ? 1 : concurrentSources }, worker));
      if (failed > 0) throw new Error(`${failed} of ${sources.length} sources failed`);
    } finally {
      await news.close();
    }
  });
}
