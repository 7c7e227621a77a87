import type { Command } from 'commander';
import { parseInteger } from '../options.ts';
import { parseRate } from '../rate.ts';
import type { IndexOptions, RebuildCommandOptions } from '../typesense.ts';

/** `typesense status|rebuild|rollback|prune` */
export function addTypesenseCommand(program: Command): void {
  const typesense = program
    .command('typesense')
    .description(
      'the collections of the search index: TYPESENSE_HOST, TYPESENSE_PORT, TYPESENSE_PROTOCOL, TYPESENSE_API_KEY',
    );

  typesense
    .command('status')
    .description('what is served, built, kept and left over; exit code 1 when that needs a person')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { showStatus } = await import('../typesense.ts');
      await showStatus(command.optsWithGlobals<IndexOptions>());
    });

  typesense
    .command('rebuild')
    .description(
      "build a collection of today's schema beside the served one, fill and verify it, and swap; or go on with it",
    )
    .option('--rate <n/s>', 'documents a second at most, e.g. 500/s', parseRate, 500)
    .option('--batch-size <n>', 'documents of a request', parseInteger(1, 1000), 200)
    .option('--force', 'build although the served collection has this schema')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { rebuild } = await import('../typesense.ts');
      await rebuild(command.optsWithGlobals<RebuildCommandOptions>());
    });

  typesense
    .command('rollback')
    .description('verify the collection that was served before, and serve it again')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { rollBack } = await import('../typesense.ts');
      await rollBack(command.optsWithGlobals<IndexOptions>());
    });

  typesense
    .command('prune')
    .description('drop former collections, after which there is no rollback, and those that belong to nothing')
    .option('--unfinished', 'and give up a rebuild that is under way')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { prune } = await import('../typesense.ts');
      await prune(command.optsWithGlobals<IndexOptions & { unfinished?: boolean }>());
    });
}
