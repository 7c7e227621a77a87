import type { Dispatcher } from 'undici';
import { errorText } from '../../shared/errors.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { closeFailures, recordFailure } from '../../shared/sql/quarantine.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { failureCategory } from './errors.ts';
import { createFetchPage } from './fetch-page.ts';
import type { HostGate } from './host-gate.ts';
import { type ScrapeReport, type ScrapeRequest, scrape } from './scrape.ts';
import { finishScrapeRun, insertScrapeRun, listSourceHosts } from './sql.ts';
import { storeArticle } from './store.ts';

export interface ScrapeRunDeps extends OutboxDeps {
  /** Must refuse private addresses (`createGuardedDispatcher`); the sample site's leads to loopback on purpose. */
  dispatcher: Dispatcher;
  /** Shared by all runs of an instance. */
  gate: HostGate;
  userAgent: string;
  now(): Date;
}

const timeoutMs = 30_000;
const maxBytes = 10 * 1024 * 1024;

/**
 * Scrapes one source into the database, and keeps the record of the run whatever its outcome. Articles that fail are
 * recorded one by one, under their canonical URL, and do not fail the run.
 */
export async function runScrape(
  request: ScrapeRequest,
  context: StageContext,
  deps: ScrapeRunDeps,
): Promise<ScrapeReport> {
  const { db, dispatcher, gate, userAgent, now, log } = deps;
  const runId = await insertScrapeRun(db, request);
  try {
    const allowedHosts = new Set(await listSourceHosts(db));
    const report = await scrape(request, {
      fetchPage: createFetchPage({ dispatcher, gate, allowedHosts, userAgent, timeoutMs, maxBytes, now }),
      store: (article) => storeArticle(article, context, deps),
      reject: (url, error) =>
        recordFailure(db, {
          stage: 'scrape',
          subject: canonicalUrl(url) ?? url,
          data: toMessage(request),
          attributes: context.attributes,
          error: errorText(error),
        }),
      now,
      log,
    });
    await finishScrapeRun(db, runId, { status: 'succeeded', ...report });
    await closeFailures(db, 'scrape', [request.sourceUrl]);
    return report;
  } catch (error) {
    await finishScrapeRun(db, runId, {
      status: 'failed',
      category: failureCategory(error),
      errorMessage: errorText(error),
    }).catch(() => {
      // The database is what failed: the error below says so, and the run stays `running`.
    });
    throw error;
  }
}

/** What would ask for the same run again. */
function toMessage(request: ScrapeRequest): object {
  return {
    agency_key: request.agencyKey,
    source_url: request.sourceUrl,
    platform: request.platform ?? null,
    start_date: request.startDate,
    end_date: request.endDate,
  };
}
