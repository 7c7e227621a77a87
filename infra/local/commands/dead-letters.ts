import { type Command, InvalidArgumentError } from 'commander';
import type { DeadLetterOptions } from '../dead-letters.ts';
import { type GlobalOptions, parseDay, parseInteger } from '../options.ts';
import { parseRate } from '../rate.ts';

type Options = GlobalOptions & DeadLetterOptions;

/** `dead-letters list|show|redrive|discard` */
export function addDeadLetterCommands(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('what could not be done: look at it, try again, or close it');

  addFilters(letters.command('list').description('list what is open, oldest first'), 50)
    .option('--all', 'closed ones too')
    .option('--json', 'print an array of objects')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { describeDeadLetters } = await import('../dead-letters.ts');
      const { withDatabase } = await import('../local-database.ts');
      console.log(await withDatabase(options, (db) => describeDeadLetters(db, options)));
    });

  letters
    .command('show')
    .description('show all that is known of some: payload, attributes, whole error, and what a redrive would send')
    .argument('<ids...>', 'as list names them', parseIds)
    .action(async (ids: number[], _options, command: Command) => {
      const { showDeadLetters } = await import('../dead-letters.ts');
      const { withDatabase } = await import('../local-database.ts');
      console.log(await withDatabase(command.optsWithGlobals<GlobalOptions>(), (db) => showDeadLetters(db, ids)));
    });

  addFilters(
    letters.command('redrive').description('send their messages again; each closes once its stage is reached'),
    1000,
  )
    .argument('[ids...]', 'only these', parseIds, [])
    .option('--rate <n/s>', 'messages a second, e.g. 10/s', parseRate, 10)
    .option('--force', 'also those that were redriven less than 10 minutes ago')
    .action(async (ids: number[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options & { rate: number; force?: boolean }>();
      const { redriveDeadLetters } = await import('../dead-letters.ts');
      const { withDatabase } = await import('../local-database.ts');
      const { withOperatorDeps } = await import('../operator-deps.ts');
      const text = await withDatabase(options, (db) =>
        withOperatorDeps(db, options, (deps) => redriveDeadLetters(ids, options, deps)),
      );
      console.log(text);
    });

  addFilters(letters.command('discard').description('close them without success'), 1000)
    .argument('[ids...]', 'only these', parseIds, [])
    .requiredOption('--reason <text>', 'why, for whoever finds it closed')
    .action(async (ids: number[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options & { reason: string }>();
      const { discard } = await import('../dead-letters.ts');
      const { withDatabase } = await import('../local-database.ts');
      console.log(await withDatabase(options, (db) => discard(db, ids, options)));
    });
}

function addFilters(command: Command, limit: number): Command {
  return command
    .option('--stage <name>', 'only of this function, e.g. embed')
    .option('--agency <key>', 'only about this agency, e.g. mec')
    .option(
      '--since <day>',
      'failed on this day (UTC) or later, YYYY-MM-DD',
      (text) => new Date(`${parseDay(text)}T00:00:00Z`),
    )
    .option('--subject <id>', 'only this article (unique_id) or address')
    .option('--error <text>', 'only where the error contains this')
    .option('--limit <n>', 'this many at most', parseInteger(1, 1_000_000), limit);
}

function parseIds(text: string, previous: number[] | undefined): number[] {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be numbers as `dead-letters list` shows them');
  return [...(previous ?? []), Number(text)];
}
