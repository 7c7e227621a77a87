import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DispatchResult } from '../../functions/dispatch/dispatch.ts';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import type { ExportResult } from '../../functions/export/export.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { openSearchIndex } from '../../functions/sync/config.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { type Subscription, subscriptions } from '../../shared/pipeline.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { lastDays } from '../../shared/window.ts';
import { checkAgencies } from './agencies.ts';
import { cliLogger } from './cli-deps.ts';
import { lockFolder } from './folder-lock.ts';
import { withDatabase } from './local-database.ts';
import { type NewsSource, type NewsSourceKind, openNewsSource } from './news-source.ts';
import { checkWindow, type GlobalOptions } from './options.ts';
import { type Platform, startPlatform } from './platform.ts';
import { createProgress, type Progress } from './progress.ts';
import { createLocalScrapeTools } from './scrape-tools.ts';
import { loadLocalSettings } from './settings.ts';
import { countFailedSources, countStages, listOpenFailures, measureLatency, type OpenFailure } from './sql.ts';

export interface DemoOptions extends GlobalOptions {
  query: string;
  agencies?: string[];
  startDate?: string;
  endDate?: string;
  source?: NewsSourceKind;
  articles: number;
  site?: string;
  model?: string;
  fresh?: boolean;
}

export interface SearchResult {
  title: string;
  url: string;
  score: number;
}

/** What a run of the demo found and did; the names are those of its `--json`. */
export interface DemoResult {
  source: NewsSourceKind;
  database: string;
  search_index: string;
  embedding_model: string;
  articles: number;
  enriched: number;
  embedded: number;
  synced: number;
  exported_rows: number;
  dead_letters: number;
  /** Of this run; a source has failed when its last try did. */
  sources: { asked: number; failed: number };
  /** Scraped to searchable, of the articles of this run; null when it changed none. */
  latency_ms: { p50: number | null; p95: number | null };
  /** What this run made: versions of articles, messages after `requested`, shards written or deleted. */
  changed: { versions: number; messages: number; shards: number };
  seconds: number;
  peak_rss_mb: number;
  shards: string[];
  query: string;
  results: SearchResult[];
  failures: OpenFailure[];
}

/** What a first look at the live sites asks for: three busy agencies. */
const liveAgencies = ['mec', 'saude', 'agencia_brasil'];
const liveDays = 2;
const resultCount = 3;
const shownFailures = 10;
const databaseCheckMs = 1000;

/** Runs the main job once, from pages to search and open data, on the database of the options. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now();
  const settings = loadLocalSettings(options.model);
  if (options.fresh) await forget(options.data);
  return await withDatabase(options, async (db) => {
    await using resources = new AsyncDisposableStack();
    if (options.agencies) await checkAgencies(db, options.agencies);
    const log = cliLogger(options);
    const encoder = await createEncoder(encoderOptions(settings), { log });
    resources.defer(() => encoder.close());
    const index = await openSearchIndex(settings, { db, log });
    const enricher = createLocalEnricher();
    const source = await openNewsSource(options);
    resources.defer(() => source.close());
    const datasetFolder = join(options.data, 'dataset');
    const progress = createProgress();
    progress.done(`Database: ${db.description}`);
    progress.done(`Sources:  ${source.description}`);
    progress.done(
      `Encoder:  ${encoder.model}${encoder.model.startsWith('lexical') ? ' (no model: words, not meaning; --model chooses one)' : ''}`,
    );

    const request = dispatchRequest(options, source);
    const platform = await startPlatform({
      db,
      encoder,
      enricher,
      index,
      source,
      scrape: createLocalScrapeTools(db, source, { data: options.data }),
      datasetFolder,
      port: 0,
      hasCron: false,
      subscriptions: subscriptions().map(sooner),
      log,
    });
    resources.defer(() => platform.close());

    const targets = { enricherRank: enricher.rank, embeddingModel: encoder.model, searchIndex: index.id };
    const before = await countStages(db, targets);
    const runStartedAt = new Date();
    // What a run that was killed left behind, before anything new.
    await reconcile(contextFrom(), { db, log, publisher: platform.bus, targets, overdueMs: 0 });
    const { sourceCount } = (await platform.call('dispatch', request)) as DispatchResult;
    await watch(platform, db, progress);
    progress.update('exporting');
    const exported = (await platform.call('export')) as ExportResult;
    progress.done('Exported. Searching.');
    const results = await search(platform, options.query);
    const after = await countStages(db, targets);
    return {
      source: source.kind,
      database: db.description,
      search_index: index.name,
      embedding_model: encoder.model,
      articles: after.articles,
      enriched: after.enriched,
      embedded: after.embedded,
      synced: after.synced,
      exported_rows: exported.rows,
      dead_letters: after.deadLetters,
      sources: { asked: sourceCount, failed: await countFailedSources(db, runStartedAt) },
      latency_ms: await measureLatency(db, runStartedAt),
      changed: {
        versions: after.versions - before.versions,
        messages: articleMessages(platform),
        shards: exported.shardsWritten + exported.shardsDeleted,
      },
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
      shards: exported.shards.map((path) => join(datasetFolder, path)),
      query: options.query,
      results,
      failures: await listOpenFailures(db, shownFailures),
    };
  });
}

/** Removes what earlier runs left in the data folder, unless one of them still runs. */
async function forget(folder: string): Promise<void> {
  const unlock = await lockFolder(folder);
  try {
    for (const name of ['postgres', 'dataset', 'bronze'])
      await rm(join(folder, name), { recursive: true, force: true });
  } finally {
    unlock();
  }
}

/** People wait for a demo: the same contract, with pauses of seconds. */
function sooner(subscription: Subscription): Subscription {
  return { ...subscription, minBackoffSeconds: 0.5, maxBackoffSeconds: 4, maxDeliveryAttempts: 5 };
}

function dispatchRequest(options: DemoOptions, { extent }: NewsSource): object {
  const { agencies, window } = extent ?? { agencies: liveAgencies, window: lastDays(liveDays, new Date()) };
  checkWindow(options, window.endDate);
  return {
    // An edit is seen by whoever runs it again, not when its next visit is due.
    allow_update: true,
    agencies: options.agencies ?? agencies,
    start_date: options.startDate ?? window.startDate,
    end_date: options.endDate ?? window.endDate,
  };
}

/**
 * Shows the counts of the bus until nothing is on its way.
 *
 * @throws what the database says once it has failed for good: the bus would deliver for ever.
 */
async function watch(platform: Platform, db: Database, progress: Progress): Promise<void> {
  const count = (topic: string) => platform.bus.published.get(topic) ?? 0;
  const show = () =>
    progress.update(
      `scraped ${count('scraped')}  enriched ${count('enriched')}  embedded ${count('embedded')}  searchable ${count('synced')}`,
    );
  const timer = setInterval(show, 100);
  const isIdle = platform.bus.idle().then(() => true);
  try {
    while (!(await Promise.race([isIdle, delay(databaseCheckMs, false)]))) await db.query('select 1');
  } finally {
    clearInterval(timer);
  }
}

function articleMessages(platform: Platform): number {
  const topics = ['scraped', 'enriched', 'embedded', 'synced'];
  return topics.reduce((sum, topic) => sum + (platform.bus.published.get(topic) ?? 0), 0);
}

async function search(platform: Platform, query: string): Promise<SearchResult[]> {
  const url = new URL('/search', platform.urls.get('api'));
  url.searchParams.set('q', query);
  url.searchParams.set('limit', String(resultCount));
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The search for "${query}" failed: ${await answer.text()}`);
  const { results } = (await answer.json()) as { results: SearchResult[] };
  return results.map(({ title, url, score }) => ({ title, url, score }));
}
