import type { HttpFunction } from '@google-cloud/functions-framework';
import { Cron } from 'croner';
import { Agent, request } from 'undici';
import { usualTimeouts } from '../../functions/api/config.ts';
import { createHandler as createApi, type HandlerDeps } from '../../functions/api/handler.ts';
import { searchModelOf } from '../../functions/api/search/model.ts';
import { createPostgresIndex } from '../../functions/api/search/postgres.ts';
import { withStatementTimeout } from '../../functions/api/timed-reads.ts';
import { createHandler as createDispatch } from '../../functions/dispatch/handler.ts';
import { createHandler as createEmbed } from '../../functions/embed/handler.ts';
import type { Enricher } from '../../functions/enrich/enricher.ts';
import { createHandler as createEnrich } from '../../functions/enrich/handler.ts';
import { createTaxonomyReader } from '../../functions/enrich/taxonomy.ts';
import { createHandler as createExport, type ExportHandlerDeps } from '../../functions/export/handler.ts';
import { createHandler as createImport } from '../../functions/import/handler.ts';
import { createHandler as createQuarantine } from '../../functions/quarantine/handler.ts';
import { createHandler as createReconcile } from '../../functions/reconcile/handler.ts';
import type { ReconcileDeps } from '../../functions/reconcile/reconcile.ts';
import { createHandler as createScrape } from '../../functions/scrape/handler.ts';
import { leaseMs } from '../../functions/sync/config.ts';
import { createHandler as createSync } from '../../functions/sync/handler.ts';
import type { SearchIndex } from '../../functions/sync/search-index.ts';
import type { Database } from '../../shared/database.ts';
import type { Encoder } from '../../shared/encoder.ts';
import { errorText } from '../../shared/errors.ts';
import type { HubOptions } from '../../shared/hub-files.ts';
import type { Logger } from '../../shared/log.ts';
import { type FunctionName, pipeline, type Subscription, subscriptions } from '../../shared/pipeline.ts';
import type { Publisher } from '../../shared/publisher.ts';
import { createStorage } from '../../shared/storage.ts';
import type { ArticleReads } from '../../shared/stored-article.ts';
import { type Bus, type BusContext, createBus, type MessageBus } from './bus.ts';
import { folderDestination } from './export-settings.ts';
import { type FunctionServer, serveFunction } from './functions-server.ts';
import { type NewsSource, usualExtent } from './news-source.ts';
import type { ScrapeTools } from './scrape-tools.ts';

export interface PlatformOptions {
  db: Database;
  encoder: Encoder;
  enricher: Enricher;
  index: SearchIndex;
  /** The same, for `reconcile` to compare with; search in Postgres is compared with nothing. */
  openIndex?: ReconcileDeps['openIndex'];
  source: Pick<NewsSource, 'extent'>;
  scrape: ScrapeTools;
  /** Folder that stands for the Hugging Face Hub, unless `exporting` says otherwise. */
  datasetFolder: string;
  /** Where `export` publishes, and how. */
  exporting?: Omit<ExportHandlerDeps, 'db' | 'log' | 'now'>;
  /** Where `api` reads articles; Postgres unless given. */
  storage?: ArticleReads;
  /** What `api` does otherwise: the usual times, no limit of its rate, Postgres and the encoder unless given. */
  api?: Partial<Omit<HandlerDeps, 'db' | 'storage' | 'targets' | 'log'>>;
  /** Where `import` reads; the Hub itself unless given. */
  hub?: HubOptions;
  /** Port of `api`; the other functions take the next ones. 0: any free ports. */
  port: number;
  /** Whether the schedules of the table run. */
  hasCron: boolean;
  /** How messages are delivered; the table's subscriptions unless given. */
  subscriptions?: readonly Subscription[];
  log: Logger;
}

/** The whole topology on one machine: every function over HTTP on loopback, and the bus between them. */
export interface Platform<B extends MessageBus = Bus> {
  bus: B;
  urls: ReadonlyMap<FunctionName, string>;
  /** Calls a function as Cloud Scheduler or gcloud does. @throws {Error} with the function's own text when it fails. */
  call(name: FunctionName, body?: object): Promise<unknown>;
  close(): Promise<void>;
}

/** The platform on the bus of this process. */
export function startPlatform(options: PlatformOptions): Promise<Platform> {
  return startPlatformOn(openBus, options);
}

/** The platform on the bus that `open` opens: the functions are the same on any. */
export async function startPlatformOn<B extends MessageBus>(
  open: (context: BusContext) => B | Promise<B>,
  options: PlatformOptions,
): Promise<Platform<B>> {
  const { log } = options;
  const servers = new Map<FunctionName, FunctionServer>();
  const agent = new Agent({ connections: 64 });
  const urlOf = (name: FunctionName) => servers.get(name)!.url;
  const bus = await open({ subscriptions: options.subscriptions ?? subscriptions(), urlOf, log });

  const crons: Cron[] = [];
  const close = async () => {
    for (const cron of crons) cron.stop();
    await bus.close();
    await Promise.all([...servers.values()].map((server) => server.close()));
    await agent.close();
  };
  const call = async (name: FunctionName, body: object = {}) => {
    const answer = await post(urlOf(name), body, agent);
    const text = await answer.body.text();
    if (answer.statusCode === 200) return JSON.parse(text) as unknown;
    throw new Error(errorOf(text) ?? `${name} answered with status ${answer.statusCode}`);
  };

  try {
    const handlers = createHandlers(options, bus);
    // `api` first: its port is the one that people are told.
    const names = (Object.keys(handlers) as FunctionName[]).sort((a, b) => Number(b === 'api') - Number(a === 'api'));
    for (const [offset, name] of names.entries()) {
      const port = options.port === 0 ? 0 : options.port + offset;
      servers.set(name, await serveFunction(name, handlers[name], port));
    }
    await bus.start?.();
  } catch (error) {
    await close();
    throw error;
  }

  if (options.hasCron) {
    for (const { name, trigger } of pipeline) {
      if (trigger.kind !== 'cron') continue;
      const { schedule, also } = trigger;
      for (const { schedule: times, body } of [{ schedule, body: {} }, ...(also ? [also] : [])]) {
        const run = async () => {
          await call(name, body).catch((error) => log.error('run failed', { stage: name, error: errorText(error) }));
        };
        crons.push(new Cron(times, { timezone: 'America/Sao_Paulo', protect: true }, run));
      }
    }
  }
  return { bus, urls: new Map([...servers].map(([name, server]) => [name, server.url])), call, close };
}

/** The bus of this process, which pushes to the functions over HTTP. */
function openBus({ urlOf, ...context }: BusContext): Bus {
  const agent = new Agent({ connections: 64 });
  const bus = createBus({
    ...context,
    concurrency: ({ function: name }) => pipeline.find((entry) => entry.name === name)!.concurrency,
    push: async (subscription, body, signal) => {
      const answer = await post(urlOf(subscription.function), body, agent, signal);
      await answer.body.dump();
      return answer.statusCode;
    },
  });
  const close = async () => {
    await bus.close();
    await agent.close();
  };
  return { ...bus, close };
}

function post(url: string, body: object, dispatcher: Agent, signal?: AbortSignal) {
  return request(url, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(signal ? { signal } : {}),
  });
}

function createHandlers(options: PlatformOptions, publisher: Publisher): Record<FunctionName, HttpFunction> {
  const { db, log, encoder, enricher, index } = options;
  const now = () => new Date();
  const deps = { db, log, publisher, now };
  const targets = { enricherRank: enricher.rank, embeddingModel: encoder.model, searchIndex: index.id };
  return {
    api: createApi({
      ...deps,
      storage: options.storage ?? createStorage({ db: withStatementTimeout(db, usualTimeouts.requestTimeoutMs) }),
      index: createPostgresIndex(db, { statementTimeoutMs: usualTimeouts.requestTimeoutMs }),
      searchModel: searchModelOf(encoder),
      targets,
      ...usualTimeouts,
      trustedProxies: 0,
      ...options.api,
    }),
    dispatch: createDispatch({ ...deps, ...usualExtent(options.source) }),
    scrape: createScrape({
      ...deps,
      ...options.scrape,
    }),
    enrich: createEnrich({ ...deps, enricher, taxonomy: createTaxonomyReader(db) }),
    embed: createEmbed({ ...deps, encoder }),
    sync: createSync({ ...deps, index, leaseMs }),
    export: createExport({
      ...deps,
      ...(options.exporting ?? { destinations: folderDestination(options.datasetFolder) }),
    }),
    import: createImport({ ...deps, hub: options.hub ?? {} }),
    reconcile: createReconcile({
      ...deps,
      targets,
      overdueMs: 600_000,
      ...(options.openIndex ? { openIndex: options.openIndex } : {}),
    }),
    quarantine: createQuarantine(deps),
  };
}

function errorOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
