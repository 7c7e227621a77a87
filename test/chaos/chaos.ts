import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { prepareDatabase } from '../../infra/local/local-database.ts';
import { createLexicalEncoder } from '../../shared/encoder/lexical-encoder.ts';
import { silentLogger } from '../../shared/log.ts';
import type { StageTargets } from '../../shared/pending.ts';
import { type FunctionName, pipeline } from '../../shared/pipeline.ts';
import { openPostgres } from '../../shared/postgres.ts';
import type { Publisher } from '../../shared/publisher.ts';
import { typesenseIndexId } from '../../shared/search-index-settings.ts';
import { createTypesense } from '../../shared/typesense.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.ts';
import { createRandom, type Random } from '../stand-ins/sites/random.ts';
import type { StoredDocument } from '../stand-ins/typesense-collection.ts';
import { openBus } from './bus.ts';
import { check } from './check.ts';
import { startCluster } from './cluster.ts';
import { type Instances, startInstances } from './instances.ts';
import type { ChaosOptions } from './options.ts';
import { causeFaults } from './plan-faults.ts';
import { settle } from './settle.ts';
import { startStandIn } from './stand-ins.ts';
import { expectedOf, planStories, tell } from './stories.ts';

export interface ChaosResult {
  seed: number;
  bus: string;
  articles: number;
  duplicates: number;
  kills: number;
  db_restarts: number;
  lost: number;
  doubled: number;
  stale: number;
  outbox_left: number;
  dead_letters: number;
  seconds: number;
}

const instanceCounts = { enrich: 2, embed: 2, sync: 2, reconcile: 1, quarantine: 1 } as const;
const failureShare = 0.1;
/** Events a second that two cores carry beside the faults; the emulator pushes two messages of a subscription at a time. */
const eventsPerSecond = { emulator: 20, 'in-process': 40 } as const;
/** Below a backlog's time, each of its messages would be doubled again and again. */
const overdueSeconds = { emulator: 10, 'in-process': 4 } as const;
const shortestMs = 15_000;

/** Runs everything once, and ends all that it started, whatever comes. */
export async function runChaos(
  options: ChaosOptions,
  { signal, say }: { signal: AbortSignal; say(text: string): void },
): Promise<ChaosResult> {
  const { seed, articles } = options;
  const startedAt = performance.now();
  await using running = new AsyncDisposableStack();
  const logFolder = await mkdtemp(join(tmpdir(), 'chaos-'));
  running.defer(() => (options.keep ? say(`log lines are in ${logFolder}`) : rm(logFolder, { recursive: true })));

  const cluster = running.adopt(await startCluster(basename(logFolder)), (it) => it.remove());
  const db = running.adopt(await openPostgres({ url: cluster.url }, { maxConnections: 10 }), (it) => it.close());
  await prepareDatabase(db);
  const typesense = running.adopt(await startStandIn('typesense'), (it) => it.close());
  const enricher = running.adopt(await startStandIn('enricher'), (it) => it.close());

  const gateway: Gateway = running.adopt(
    await startGateway({
      backends: (name) => instances.living(name),
      random: createRandom(seed, 'gateway'),
      duplicateShare: 0.2,
      delayShare: 0.3,
    }),
    (it) => it.close(),
  );
  const bus = running.adopt(await openBus(options.bus, gateway.url, totalConcurrency), (it) => it.close());
  const encoder = createLexicalEncoder();
  const instances: Instances = running.adopt(
    startInstances({
      counts: instanceCounts,
      concurrency,
      failureShare,
      logFolder,
      env: () => ({
        ...bus.env,
        DATABASE_URL: cluster.url,
        ENRICHER: 'http',
        ENRICHER_URL: enricher.url,
        ENRICHER_API_KEY: enricher.apiKey,
        EMBEDDING_MODEL: 'lexical',
        EMBEDDING_MODEL_NAME: encoder.model,
        SEARCH_INDEX: 'typesense',
        TYPESENSE_HOST: '127.0.0.1',
        TYPESENSE_PORT: String(typesense.port),
        TYPESENSE_API_KEY: typesense.apiKey,
        OVERDUE_SECONDS: String(overdueSeconds[bus.kind]),
      }),
    }),
    (it) => it.close(),
  );
  const reconcile = async () => {
    const answer = await fetch(`${gateway.url}/reconcile`, { method: 'POST', signal });
    await answer.arrayBuffer();
  };
  await instances.ready(60_000);
  const targets = await targetsOf(typesense, encoder.model);
  say(`${articles} articles, seed ${seed}, bus: ${bus.kind}`);

  const stories = planStories(seed, articles);
  const eventCount = stories.reduce((sum, { events }) => sum + events.length, 0);
  const durationMs = Math.max(shortestMs, (eventCount / eventsPerSecond[bus.kind]) * 1000);
  const random = createRandom(seed, 'faults');
  let told = 0;
  const deps = { db, log: silentLogger, publisher: faulty(bus.publisher, createRandom(seed, 'publisher')) };
  const [faults] = await Promise.all([
    causeFaults(
      { cluster, instances, gateway, typesense, enricher, reconcile, say: (text) => say(`${told} events: ${text}`) },
      { random, durationMs, signal },
    ),
    tell(stories, durationMs, deps, {
      signal,
      onEvent: () => {
        told += 1;
      },
    }),
  ]);

  say(`${told} events: all faults end`);
  gateway.calm();
  instances.calm();
  await Promise.all([typesense.tell('recover'), enricher.tell('recover')]);
  await settle(db, targets, { reconcile, say, signal });

  const exported = await typesense.read('/collections/news/documents/export');
  const documents = exported.split('\n').filter(Boolean);
  const verdict = await check(
    stories.map(expectedOf),
    documents.map((line) => JSON.parse(line) as StoredDocument),
    { db, encoder, targets },
  );
  for (const problem of verdict.problems.slice(0, 20)) say(problem);
  const { lost, doubled, stale } = verdict;
  return {
    seed,
    bus: bus.kind,
    articles,
    duplicates: gateway.counts.duplicates,
    kills: faults.kills,
    db_restarts: faults.dbRestarts,
    lost,
    doubled,
    stale,
    outbox_left: (await db.query('select from outbox')).rowCount,
    dead_letters: (await db.query('select from quarantine')).rowCount,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

function concurrency(name: FunctionName): number {
  return pipeline.find((entry) => entry.name === name)!.concurrency;
}

/** Some more than the instances take: at times all are full. */
function totalConcurrency(name: FunctionName): number {
  return Math.ceil(1.2 * concurrency(name) * (instanceCounts[name as keyof typeof instanceCounts] ?? 1));
}

async function targetsOf(typesense: { port: number; apiKey: string }, embeddingModel: string): Promise<StageTargets> {
  const client = createTypesense({ ...typesense, host: '127.0.0.1', protocol: 'http' });
  const searchIndex = typesenseIndexId(await client.ensureCollection());
  client.close();
  return { enricherRank: 2, embeddingModel, searchIndex };
}

/** What stores articles dies between commit and publish too. */
function faulty(publisher: Publisher, random: Random): Publisher {
  return {
    ...publisher,
    publish: async (messages) => {
      if (random.chance(failureShare)) throw new Error('Told to fail: nothing is published');
      await publisher.publish(messages);
    },
  };
}
