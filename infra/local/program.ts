import { Command, Option } from 'commander';
import { addArticleCommands } from './commands/articles.ts';
import { addCatalogueCommands } from './commands/catalogue.ts';
import { addCompareBackendsCommand } from './commands/compare-backends.ts';
import { addCostCommand } from './commands/cost.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addExtractCommand } from './commands/extract.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addMigrateHfToPgCommand } from './commands/migrate-hf-to-pg.ts';
import { addModelCommands } from './commands/models.ts';
import { addReextractCommand } from './commands/reextract.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addScrapeCommands } from './commands/scrape.ts';
import { addSearchCommand } from './commands/search.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSourceCommands } from './commands/sources.ts';
import { addStageCommands } from './commands/stages.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncHfCommand } from './commands/sync-hf.ts';
import { addTypesenseCommand } from './commands/typesense.ts';
import { addValidateMigrationCommand } from './commands/validate-migration.ts';
import { addVectorsCommand } from './commands/vectors.ts';

/** The command line: one file a command under commands/. */
export function createProgram(): Command {
  const program = new Command('destaques')
    .description(
      'The news pipeline of DestaquesGovBr: collects, enriches, indexes and publishes federal-government news',
    )
    .addOption(new Option('--data <folder>', 'folder of the embedded database and the dataset').default('.data'))
    .addOption(
      new Option('--database-url <url>', 'a Postgres with pgvector to work on, in place of the embedded one').env(
        'DATABASE_URL',
      ),
    )
    .option('--verbose', 'log every message, and show where an error came from')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for help)')
    .exitOverride();
  addDemoCommand(program);
  addServeCommand(program);
  addMigrateCommand(program);
  addCatalogueCommands(program);
  addSourceCommands(program);
  addScrapeCommands(program);
  addExtractCommand(program);
  addReextractCommand(program);
  addStageCommands(program);
  addModelCommands(program);
  addTypesenseCommand(program);
  addVectorsCommand(program);
  addSyncHfCommand(program);
  addCompareBackendsCommand(program);
  addMigrateHfToPgCommand(program);
  addValidateMigrationCommand(program);
  addArticleCommands(program);
  addSearchCommand(program);
  addStatusCommand(program);
  addDeadLetterCommands(program);
  addReplayCommand(program);
  addCostCommand(program);
  return program;
}
