import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { postgresIndex } from '../../functions/sync/search-index.ts';
import { startPlatform } from '../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../infra/local/scrape-tools.ts';
import { measureLatency } from '../../infra/local/sql.ts';
import { createEncoder } from '../../shared/encoder.ts';
import { silentLogger } from '../../shared/log.ts';
import { sitesDispatcher } from '../stand-ins/sites/dispatcher.ts';
import { openBenchDatabase } from './support/database.ts';
import { feed } from './support/feed.ts';

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
    const startedAt = performance.now();
    const since = new Date();
    const deps = { db, log: silentLogger, publisher: platform.bus };
    const articles = await feed(Number(values.articles), { rate }, deps);
    await platform.bus.idle();
    const seconds = (performance.now() - startedAt) / 1000;
    const latency = await measureLatency(db, since);
    return {
      database: values.database,
      articles,
      rate,
      seconds: Math.round(seconds * 10) / 10,
      articles_per_second: Math.round(articles / seconds),
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
