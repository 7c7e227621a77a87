import type { Command } from 'commander';
import type { Stage } from '../../../shared/pending.ts';
import { UsageError } from '../errors.ts';
import { checkWindow, parseDay, parseInteger, parseList } from '../options.ts';
import type { StageOptions } from '../stage-workers.ts';

/** The predecessor's verbs of the three stages: each works off what is pending in the database. */
export function addStageCommands(program: Command): void {
  addStageCommand(program, 'enrich', 'enrich', 'give articles their themes, summary and features');
  addStageCommand(program, 'generate-embeddings', 'embed', 'give articles their vector')
    .option('--model <model>', 'a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .option('--force', 'encode articles again that have their vector');
  addStageCommand(program, 'sync-embeddings-to-typesense', 'sync', 'write articles to the search index').option(
    '--full-sync',
    'and what it holds already, once more',
  );
}

/** An encoder makes batches of its own, of texts of like length: it has more to choose from. */
const usualBatchSize: Record<Stage, number> = { enrich: 8, embed: 64, sync: 8 };

function addStageCommand(program: Command, name: string, stage: Stage, description: string): Command {
  return program
    .command(name)
    .description(`${description}: all that is pending, or a part of it`)
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay)
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--batch-size <n>', 'articles worked on at a time', parseInteger(1, 1000), usualBatchSize[stage])
    .option('--max-records <n>', 'stop after this many', parseInteger(1))
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<StageOptions>();
      checkWindow(options);
      if (options.fullSync && options.maxRecords) throw new UsageError('--full-sync does not go with --max-records');
      const { runStage } = await import('../stage-workers.ts');
      await runStage(stage, options);
    });
}
