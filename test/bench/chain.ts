import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';
import type { Enricher } from '../../functions/enrich/enricher.ts';
import { type BusKind, busKinds } from '../../infra/local/bus.ts';
import { openEmulatorBus } from '../../infra/local/emulator-bus.ts';
import { parseInteger } from '../../infra/local/options.ts';
import { type PlatformOptions, startPlatform, startPlatformOn } from '../../infra/local/platform.ts';
import { createLocalScrapeTools } from '../../infra/local/scrape-tools.ts';
import { measureLatency } from '../../infra/local/sql.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder } from '../../shared/encoder.ts';
import { silentLogger } from '../../shared/log.ts';
import { createTypesense } from '../../shared/typesense.ts';
import { sitesDispatcher } from '../stand-ins/sites/dispatcher.ts';
import { openTypesenseIndex } from '../support/typesense-index.ts';
import { openBenchDatabase } from './support/database.ts';
import { feed } from './support/feed.ts';

export const description =
  'articles through all stages, into a Typesense stand-in: how many a second, and how long one takes';

export const options = [
  new Option('--articles <n>', 'how many').argParser(parseInteger(1, 1_000_000)).default(5000),
  new Option('--bus <kind>', 'what carries messages: this process, or the Pub/Sub emulator')
    .choices(busKinds)
    .default('in-process'),
  new Option('--database-url <url>', 'a Postgres with pgvector to use, in place of one of its own'),
];

interface ChainOptions {
  articles: number;
  bus: BusKind;
  databaseUrl?: string;
}

const latencyRate = 50;
const latencyArticles = 500;

/** Answers at once, so that the chain is what is measured. */
const instantEnricher: Enricher = {
  name: 'instant',
  rank: 1,
  enrich: async ({ title }) => ({
    themes: { level1: '01', level2: null, level3: null },
    summary: `Resumo de ${title}`,
    features: {},
  }),
};

/** All functions over HTTP in this process, lexical encoder, Postgres and the index in processes of their own. */
export async function run({ articles, bus, databaseUrl }: ChainOptions): Promise<Record<string, unknown>> {
  await using resources = new AsyncDisposableStack();
  const { db, close } = await openBenchDatabase('postgres', databaseUrl);
  resources.defer(close);
  const { url, child } = await startTypesenseProcess();
  resources.defer(() => void child.kill());
  const { hostname: host, port } = new URL(url);
  const typesense = createTypesense({ host, port: Number(port), protocol: 'http', apiKey: 'bench' });
  resources.defer(() => typesense.close());
  const datasetFolder = await mkdtemp(join(tmpdir(), 'chain-'));
  resources.defer(() => rm(datasetFolder, { recursive: true }));
  const encoder = await createEncoder({ model: 'lexical' });
  resources.defer(() => encoder.close());
  const platformOptions: PlatformOptions = {
    db,
    encoder,
    enricher: instantEnricher,
    index: await openTypesenseIndex(typesense, db),
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
  };
  const platform =
    bus === 'emulator' ? await startPlatformOn(openEmulatorBus, platformOptions) : await startPlatform(platformOptions);
  resources.defer(() => platform.close());
  const deps = { db, log: silentLogger, publisher: platform.bus };

  const since = new Date();
  await feed(latencyArticles, { rate: latencyRate, seed: 2 }, deps);
  await allSearchable(db);
  const latency = await measureLatency(db, since);

  const startedAt = performance.now();
  const stored = await feed(articles, { rate: null }, deps);
  await allSearchable(db);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    bus,
    articles: stored,
    seconds: Math.round(seconds * 10) / 10,
    articles_per_second: Math.round(stored / seconds),
    p50_ms: latency.p50,
    p95_ms: latency.p95,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024 + (await peakRssMb(child))),
  };
}

/** @throws {Error} when nothing becomes searchable for half a minute. */
async function allSearchable(db: Database): Promise<void> {
  let before = -1;
  let movedAt = performance.now();
  for (;;) {
    const { rowCount: left } = await db.query('select from news where synced_version < version');
    if (left === 0) return;
    if (left !== before) movedAt = performance.now();
    before = left;
    if (performance.now() - movedAt > 30_000) throw new Error(`${left} articles do not become searchable`);
    await setTimeout(50);
  }
}

const starter = fileURLToPath(new URL('../stand-ins/start.ts', import.meta.url));

async function startTypesenseProcess(): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [starter, 'typesense', '--port', '0', '--api-key', 'bench'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url) return { url, child };
  }
  throw new Error('the Typesense stand-in did not start');
}

async function peakRssMb({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
