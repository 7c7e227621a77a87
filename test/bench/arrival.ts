import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { postgresIndex } from '../../functions/sync/search-index.ts';
import { parseInteger } from '../../infra/local/options.ts';
import { startPlatform } from '../../infra/local/platform.ts';
import { parseRate } from '../../infra/local/rate.ts';
import { createLocalScrapeTools } from '../../infra/local/scrape-tools.ts';
import { measureLatency } from '../../infra/local/sql.ts';
import { createEncoder } from '../../shared/encoder.ts';
import { silentLogger } from '../../shared/log.ts';
import { sitesDispatcher } from '../stand-ins/sites/dispatcher.ts';
import { type DatabaseKind, databaseKinds, openBenchDatabase } from './support/database.ts';
import { feed } from './support/feed.ts';

export const description = 'articles arrive at a rate: time from scraped to searchable';

export const options = [
  new Option('--rate <n/s>', 'articles a second').argParser(parseRate).default(50),
  new Option('--articles <n>', 'how many').argParser(parseInteger(1, 1_000_000)).default(1500),
  new Option('--database <kind>', 'a Postgres 17 of its own, or the embedded one')
    .choices(databaseKinds)
    .default('postgres'),
  new Option('--database-url <url>', 'a Postgres with pgvector to use, in place of one of its own'),
];

interface ArrivalOptions {
  rate: number;
  articles: number;
  database: DatabaseKind;
  databaseUrl?: string;
}

/** All functions over HTTP in this process, lexical encoder, search in Postgres. */
export async function run({ rate, articles, database, databaseUrl }: ArrivalOptions): Promise<Record<string, unknown>> {
  const { db, close } = await openBenchDatabase(database, databaseUrl);
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
    const stored = await feed(articles, { rate }, deps);
    await platform.bus.idle();
    const seconds = (performance.now() - startedAt) / 1000;
    const latency = await measureLatency(db, since);
    return {
      database,
      articles: stored,
      rate,
      seconds: Math.round(seconds * 10) / 10,
      articles_per_second: Math.round(stored / seconds),
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
