import { type Command, Option } from 'commander';
import { createHostGate } from '../../../functions/scrape/host-gate.ts';
import { defaultUserAgent } from '../../../functions/scrape/config.ts';
import { runScrape } from '../../../functions/scrape/run.ts';
import { planSources } from '../../../functions/dispatch/dispatch.ts';
import { eventVersion } from '../../../shared/envelope.ts';
import { createLogger, silentLogger } from '../../../shared/log.ts';
import { traceparentFrom } from '../../../shared/trace.ts';
import { checkAgencies } from '../agencies.ts';
import { withDatabase } from '../local-database.ts';
import { type NewsSourceOptions, openNewsSource } from '../news-source.ts';
import { checkWindow, type GlobalOptions, parseDay, parseInteger, parseList } from '../options.ts';
import { createProgress } from '../progress.ts';

type ScrapeOptions = GlobalOptions &
  NewsSourceOptions & { startDate?: string; endDate?: string; sequential?: boolean; allowUpdate?: boolean };

const ebcAgencies = ['agencia_brasil', 'tvbrasil'];
/** Sources that are read side by side; what is asked of one host is bounded apart from this. */
const concurrentSources = 4;
const windowDays = 3;

/** `scrape`, `scrape-ebc` */
export function addScrapeCommands(program: Command): void {
  addScrapeCommand(program, 'scrape', 'scrape the sources of the catalogue').option(
    '--agencies <keys>',
    'only these agencies, e.g. mec,saude',
    parseList,
  );
  addScrapeCommand(program, 'scrape-ebc', 'scrape Agência Brasil and TV Brasil', ebcAgencies);
}

function addScrapeCommand(program: Command, name: string, description: string, agencies?: string[]): Command {
  return program
    .command(name)
    .description(`${description} into the database; the stages after it find their work there`)
    .option('--start-date <day>', `published on this day or later, YYYY-MM-DD (default: ${windowDays - 1} days ago)`, parseDay)
    .option('--end-date <day>', 'published on this day or earlier (default: today)', parseDay)
    .option('--sequential', 'one source after the other')
    .option('--allow-update', "accepted as the predecessor's: known articles are always compared, and updated when they changed")
    .addOption(
      new Option('--source <kind>', 'where pages come from (default: live where there is a network, else sample)').choices(
        ['live', 'sample'],
      ),
    )
    .option('--articles <n>', 'size of the sample site', parseInteger(1, 100_000), 200)
    .option('--site <url>', 'a sample site that runs already ("npm run stand-in -- sites")')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ScrapeOptions>();
      await runScrapes({ ...options, ...(agencies ? { agencies } : {}) });
    });
}

/** @throws {Error} at the end, when a source failed. */
async function runScrapes(options: ScrapeOptions): Promise<void> {
  checkWindow(options);
  await withDatabase(options, async (db) => {
    if (options.agencies) await checkAgencies(db, options.agencies);
    const news = await openNewsSource(options, new Date());
    try {
      const log = options.verbose ? createLogger((line) => process.stderr.write(line)) : silentLogger;
      const request = {
        // The sample site has some agencies only, and its own fortnight.
        agencies: options.agencies ?? (news.kind === 'sample' ? news.agencies : undefined),
        startDate: options.startDate ?? (news.kind === 'sample' ? news.window.startDate : undefined),
        endDate: options.endDate ?? (news.kind === 'sample' ? news.window.endDate : undefined),
      };
      const { sources, window } = await planSources(request, { db, now: () => new Date(), windowDays });
      const deps = {
        db,
        log,
        publisher: { publish: async () => {}, close: async () => {} },
        dispatcher: news.dispatcher,
        gate: createHostGate({ maxInFlight: 2, minIntervalMs: news.requestIntervalMs }),
        userAgent: defaultUserAgent,
        now: () => new Date(),
      };
      const context = { attributes: { event_version: eventVersion, traceparent: traceparentFrom({}) }, deliveryAttempt: undefined };
      const progress = createProgress();
      progress.done(`Scraping ${sources.length} sources, ${window.startDate} to ${window.endDate}, from ${news.description}`);
      const queue = sources.values();
      let failed = 0;
      const worker = async () => {
        for (const { agencyKey, sourceUrl, platform } of queue) {
          try {
            const report = await runScrape({ agencyKey, sourceUrl, ...(platform ? { platform } : {}), ...window }, context, deps);
            progress.done(
              `${agencyKey}: ${report.inserted} new, ${report.updated} changed, ${report.unchanged} unchanged, ${report.rejected} rejected`,
            );
          } catch (error) {
            failed++;
            progress.done(`${agencyKey}: failed, ${error instanceof Error ? error.message : String(error)}`);
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
