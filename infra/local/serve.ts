import { join } from 'node:path';
import { limitsOf, openIndexes } from '../../functions/api/config.ts';
import { openSearchModel } from '../../functions/api/search/model.ts';
import { withStatementTimeout } from '../../functions/api/timed-reads.ts';
import { createLocalEnricher } from '../../functions/enrich/local-enricher.ts';
import { hubOptions } from '../../functions/import/open-source.ts';
import { comparedIndex } from '../../functions/reconcile/config.ts';
import { openSearchIndex } from '../../functions/sync/config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { createLogger } from '../../shared/log.ts';
import { pipeline, type Trigger } from '../../shared/pipeline.ts';
import { countVectorsByModel } from '../../shared/sql/embedding-column.ts';
import { openStorage } from '../../shared/storage.ts';
import type { BusKind } from './bus.ts';
import { hasEmulatorHost, openEmulatorBus } from './emulator-bus.ts';
import { configuredDestinations, loadExportSettings, shardOptions } from './export-settings.ts';
import { withDatabase } from './local-database.ts';
import { type NewsSourceOptions, openNewsSource } from './news-source.ts';
import type { GlobalOptions } from './options.ts';
import { type Platform, type PlatformOptions, startPlatform, startPlatformOn } from './platform.ts';
import { createLocalScrapeTools } from './scrape-tools.ts';
import { loadLocalSettings } from './settings.ts';

export type ServeOptions = GlobalOptions & NewsSourceOptions & { port: number; model?: string; bus?: BusKind };

/** Runs the platform until SIGINT or SIGTERM. */
export async function serve(options: ServeOptions): Promise<void> {
  await withDatabase(options, async (db) => {
    await using resources = new AsyncDisposableStack();
    const settings = loadLocalSettings(options.model);
    const datasetFolder = join(options.data, 'dataset');
    const exportSettings = loadExportSettings();
    const log = createLogger();
    const encoder = await createEncoder(encoderOptions(settings), { log });
    resources.defer(() => encoder.close());
    const source = await openNewsSource(options);
    resources.defer(() => source.close());
    const searchModel = openSearchModel(settings, { encoder, countVectors: () => countVectorsByModel(db), log });
    resources.defer(() => searchModel.close());
    const indexes = openIndexes(settings, db, { statementTimeoutMs: settings.REQUEST_TIMEOUT_MS });
    resources.defer(() => indexes.close());
    const bus = options.bus ?? (hasEmulatorHost() ? 'emulator' : 'in-process');
    const start = bus === 'emulator' ? startOnEmulator : startOnThisProcess;
    const { platform, busDescription } = await start({
      db,
      encoder,
      enricher: createLocalEnricher(),
      index: await openSearchIndex(settings, { db, log }),
      ...comparedIndex(settings),
      source,
      scrape: createLocalScrapeTools(db, source, { data: options.data }),
      datasetFolder,
      exporting: {
        destinations: configuredDestinations(exportSettings, options.data),
        ...shardOptions(exportSettings),
      },
      storage: openStorage(
        settings.EXPORT_REPO ? settings : { EXPORT_DIR: datasetFolder, ...settings },
        withStatementTimeout(db, settings.REQUEST_TIMEOUT_MS),
      ),
      api: { ...limitsOf(settings), ...indexes, searchModel },
      hub: hubOptions(settings),
      port: options.port,
      hasCron: true,
      log,
    });
    resources.defer(() => platform.close());
    console.error(`Database: ${db.description}\nSources:  ${source.description}\nEncoder:  ${encoder.model}`);
    console.error(`Bus:      ${busDescription}\n`);
    for (const [name, url] of platform.urls) {
      const { trigger } = pipeline.find((entry) => entry.name === name)!;
      console.error(`  ${name.padEnd(11)}${url}  ${describeTrigger(trigger)}`.trimEnd());
    }
    // Before it is told, so that whoever is told is heard.
    const stopped = stopSignal();
    console.error(`\nCtrl-C stops. Scrape now: curl -X POST ${platform.urls.get('dispatch')}`);
    await stopped;
    console.error('Stopping.');
  });
}

interface Started {
  platform: Pick<Platform, 'urls' | 'close'>;
  /** For people: how messages travel. */
  busDescription: string;
}

async function startOnThisProcess(options: PlatformOptions): Promise<Started> {
  return { platform: await startPlatform(options), busDescription: 'in this process' };
}

async function startOnEmulator(options: PlatformOptions): Promise<Started> {
  const platform = await startPlatformOn(openEmulatorBus, options);
  const { endpoint, projectId } = platform.bus;
  return { platform, busDescription: `Pub/Sub emulator at ${endpoint}, project ${projectId}` };
}

function describeTrigger(trigger: Trigger): string {
  if (trigger.kind === 'cron') return `cron ${trigger.schedule}`;
  return trigger.kind === 'topic' ? `topic ${trigger.topic}` : '';
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
