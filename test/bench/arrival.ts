import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { storeArticle } from '../../functions/scrape/store.ts';
import { postgresIndex } from '../../functions/sync/search-index.ts';
import { prepareDatabase } from '../../infra/local/local-database.ts';
import { openPglite } from '../../infra/local/pglite.ts';
import { startPlatform } from '../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../infra/local/scrape-tools.ts';
import { measureLatency } from '../../infra/local/sql.ts';
import type { ScrapedArticle } from '../../shared/article.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder } from '../../shared/encoder.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import { silentLogger } from '../../shared/log.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { plainText } from '../stand-ins/sites/article.ts';
import { sitesDispatcher } from '../stand-ins/sites/dispatcher.ts';
import { generateArticles } from '../stand-ins/sites/generator.ts';
import { startPostgres } from '../support/postgres-server.ts';

export const description =
  'articles arrive at a rate: time from scraped to searchable (--rate 50 --articles 1500 --database postgres|embedded)';

/** All functions over HTTP in this process, lexical encoder, search in Postgres. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      rate: { type: 'string', default: '50' },
      articles: { type: 'string', default: '1500' },
      database: { type: 'string', default: 'postgres' },
      'database-url': { type: 'string' },
    },
  });
  const rate = Number(values.rate);
  const { db, close } = await openBenchDatabase(values.database, values['database-url']);
  const datasetFolder = await mkdtemp(join(tmpdir(), 'arrival-'));
  const encoder = await createEncoder({ model: 'lexical' });
  const platform = await startPlatform({
    db,
    encoder,
    enricher: createLocalEnricher(),
    index: postgresIndex,
    source: {},
    scrape: createLocalScrapeTools(
      db,
      { dispatcher: sitesDispatcher(1), requestIntervalMs: 0 },
      { data: datasetFolder },
    ),
    datasetFolder,
    port: 0,
    hasCron: false,
    log: silentLogger,
  });
  try {
    const articles = generateArticles({ seed: 1, articles: Number(values.articles), now: new Date(), days: 14 });
    const context = contextFrom();
    const deps = { db, log: silentLogger, publisher: platform.bus };
    const startedAt = performance.now();
    const since = new Date();
    const stored: Promise<unknown>[] = [];
    for (const [index, article] of articles.entries()) {
      const dueMs = (index / rate) * 1000 - (performance.now() - startedAt);
      if (dueMs > 0) await setTimeout(dueMs);
      const scraped: ScrapedArticle = {
        ...article,
        canonicalUrl: canonicalUrl(article.url)!,
        editorialLead: article.lead,
        content: plainText(article),
        publishedAtSource: 'page',
        updatedDatetime: null,
        extractedAt: new Date(),
      };
      stored.push(storeArticle(scraped, context, deps));
    }
    await Promise.all(stored);
    await platform.bus.idle();
    const seconds = (performance.now() - startedAt) / 1000;
    const latency = await measureLatency(db, since);
    return {
      database: values.database,
      articles: articles.length,
      rate,
      seconds: Math.round(seconds * 10) / 10,
      articles_per_second: Math.round(articles.length / seconds),
      p50_ms: latency.p50,
      p95_ms: latency.p95,
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    await platform.close();
    await encoder.close();
    await close();
    await rm(datasetFolder, { recursive: true });
  }
}

async function openBenchDatabase(kind: string, url?: string): Promise<{ db: Database; close(): Promise<void> }> {
  const server = kind === 'postgres' && !url ? await startPostgres() : undefined;
  const db = kind === 'embedded' ? await openPglite() : await openPostgres({ url: url ?? server!.url });
  await prepareDatabase(db);
  return {
    db,
    close: async () => {
      await db.close();
      server?.stop();
    },
  };
}
