import type { Command } from 'commander';
import { embed } from '../../../functions/embed/embed.ts';
import { enrich } from '../../../functions/enrich/enrich.ts';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { createTaxonomyReader } from '../../../functions/enrich/taxonomy.ts';
import { leaseMs, openSearchIndex } from '../../../functions/sync/config.ts';
import { sync } from '../../../functions/sync/sync.ts';
import { createEncoder, encoderOptions } from '../../../shared/encoder.ts';
import { loadLocalSettings } from '../settings.ts';
import { type Worker, type WorkOptions, workOffPending } from '../pending-work.ts';
import { checkWindow, type GlobalOptions, parseDay, parseInteger, parseList } from '../options.ts';
import { withDatabase } from '../local-database.ts';

type StageCommandOptions = GlobalOptions & WorkOptions & { model?: string };

/** The predecessor's verbs of the three stages: each works off what is pending in the database. */
export function addStageCommands(program: Command): void {
  addStageCommand(program, 'enrich', 'give articles their themes, summary and features', async (_options, db) => {
    const deps = { enricher: createLocalEnricher(), taxonomy: createTaxonomyReader(db) };
    return {
      stage: 'enrich',
      targets: { enricherRank: deps.enricher.rank },
      work: (message, context, outbox) => enrich(message, context, { ...outbox, ...deps }),
    };
  });

  addStageCommand(program, 'generate-embeddings', 'give articles their vector', async (options) => {
    const encoder = await createEncoder(encoderOptions(loadLocalSettings(options.model)));
    return {
      stage: 'embed',
      targets: { embeddingModel: encoder.model },
      work: (message, context, outbox) => embed(message, context, { ...outbox, encoder }),
      close: () => encoder.close(),
    };
  }).option('--model <model>', 'a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given');

  addStageCommand(program, 'sync-embeddings-to-typesense', 'write articles to the search index', async () => {
    const index = await openSearchIndex(loadLocalSettings());
    return {
      stage: 'sync',
      targets: {},
      work: (message, context, outbox) => sync(message, context, { ...outbox, index, leaseMs }),
    };
  });
}

function addStageCommand(
  program: Command,
  name: string,
  description: string,
  openWorker: (options: StageCommandOptions, db: Parameters<typeof workOffPending>[0]) => Promise<Worker>,
): Command {
  return program
    .command(name)
    .description(`${description}: all that is pending, or a part of it`)
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay)
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--batch-size <n>', 'articles worked on at a time', parseInteger(1, 1000), 8)
    .option('--max-records <n>', 'stop after this many', parseInteger(1))
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<StageCommandOptions>();
      checkWindow(options);
      await withDatabase(options, async (db) => {
        const worker = await openWorker(options, db);
        try {
          await workOffPending(db, worker, options);
        } finally {
          await worker.close?.();
        }
      });
    });
}
