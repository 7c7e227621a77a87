import { planSources } from '../../functions/dispatch/dispatch.ts';
import type { ScrapeRequest } from '../../functions/scrape/request.ts';
import { followUps, runScrape, type ScrapeRunReport } from '../../functions/scrape/run.ts';
import { errorMessage } from '../../shared/errors.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { cliDeps } from './cli-deps.ts';
import { withDatabase } from './local-database.ts';
import { type NewsSourceOptions, openNewsSource, usualExtent } from './news-source.ts';
import { checkWindow, type GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { createLocalScrapeTools } from './scrape-tools.ts';

export type ScrapeOptions = GlobalOptions &
  NewsSourceOptions & {
    startDate?: string;
    endDate?: string;
    /** Ask again for all known articles of the window, not only for those whose time has come. */
    allowUpdate?: boolean;
    sequential?: boolean;
  };

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
        ...createLocalScrapeTools(db, news, { data: options.data }),
      };
      const context = contextFrom();
      const progress = createProgress();
      progress.done(
        `Scraping ${sources.length} sources, ${window.startDate} to ${window.endDate}, from ${news.description}`,
      );
      const queue = sources.values();
      let failed = 0;
      const worker = async () => {
        for (const { agencyKey, sourceUrl, platform, startDate } of queue) {
          try {
            const { allowUpdate } = options;
            const requests: ScrapeRequest[] = [
              { agencyKey, sourceUrl, platform: platform ?? undefined, ...window, startDate, allowUpdate },
            ];
            // What a message would hand on to another one goes on here.
            for (let request = requests.shift(); request; request = requests.shift()) {
              const report = await runScrape(request, context, deps);
              requests.push(...followUps(request, report));
              progress.done(`${agencyKey}: ${describe(report, requests.length > 0)}`);
            }
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

function describe(report: ScrapeRunReport, goesOn: boolean): string {
  const { inserted, updated, unchanged, removed, rejected, revisited } = report;
  const counts = `${inserted} new, ${updated} changed, ${unchanged} unchanged, ${removed} removed, ${rejected} rejected`;
  return `${counts}, ${revisited} asked again${goesOn ? '; going on' : ''}`;
}
