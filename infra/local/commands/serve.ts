import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { openSearchIndex } from '../../../functions/sync/config.ts';
import { createEncoder, encoderOptions } from '../../../shared/encoder.ts';
import { createLogger } from '../../../shared/log.ts';
import { pipeline } from '../../../shared/pipeline.ts';
import { withDatabase } from '../local-database.ts';
import { type NewsSourceOptions, openNewsSource } from '../news-source.ts';
import { type GlobalOptions, parseInteger } from '../options.ts';
import { startPlatform } from '../platform.ts';
import { loadLocalSettings } from '../settings.ts';

type ServeOptions = GlobalOptions & NewsSourceOptions & { port: number; model?: string };

/** `serve` */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the platform until Ctrl-C: functions over HTTP on loopback, schedules as deployed')
    .option('--port <n>', 'port of the api; the other functions take the next ones', parseInteger(0, 65_500), 8080)
    .addOption(
      new Option('--source <kind>', 'where pages come from (default: live where there is a network, else sample)').choices(
        ['live', 'sample'],
      ),
    )
    .option('--articles <n>', 'size of the sample site', parseInteger(1, 100_000), 200)
    .option('--site <url>', 'a sample site that runs already ("npm run stand-in -- sites")')
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      await withDatabase(options, async (db) => {
        const settings = loadLocalSettings(options.model);
        const log = createLogger();
        const encoder = await createEncoder(encoderOptions(settings), { log });
        const source = await openNewsSource(options, new Date());
        const platform = await startPlatform({
          db,
          encoder,
          enricher: createLocalEnricher(),
          index: await openSearchIndex(settings),
          dispatcher: source.dispatcher,
          requestIntervalMs: source.requestIntervalMs,
          datasetFolder: join(options.data, 'dataset'),
          port: options.port,
          hasCron: true,
          log,
        });
        console.error(`Database: ${db.description}\nSources:  ${source.description}\nEncoder:  ${encoder.model}\n`);
        for (const [name, url] of platform.urls) {
          const { trigger } = pipeline.find((entry) => entry.name === name)!;
          console.error(`  ${name.padEnd(11)}${url}  ${trigger.kind === 'cron' ? `cron ${trigger.schedule}` : trigger.kind === 'topic' ? `topic ${trigger.topic}` : ''}`);
        }
        console.error(`\nCtrl-C stops. Scrape now: curl -X POST ${platform.urls.get('dispatch')}`);
        await stopSignal();
        console.error('Stopping.');
        await platform.close();
        await source.close();
        await encoder.close();
      });
    });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
