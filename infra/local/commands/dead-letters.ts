import { type Command, InvalidArgumentError, Option } from 'commander';
import { deadLetterStages } from '../../../functions/reconcile/dead-letters-sql.ts';
import { type DeadLetterOptions, usualLimits } from '../dead-letter-options.ts';
import { type GlobalOptions, parseDay, parseInteger, parseText } from '../options.ts';
import { parseRate } from '../rate.ts';

type Options = GlobalOptions & DeadLetterOptions;

/** `dead-letters list|show|redrive|discard` */
export function addDeadLetterCommands(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('what could not be done: look at it, try again, or close it');

  addFilters(letters.command('list').description('list what is open, oldest first'), usualLimits.list)
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
    usualLimits.change,
  )
    .argument('[ids...]', 'these, instead of a choice by options', parseIds, [])
    .option('--rate <n/s>', 'messages a second, e.g. 10/s', parseRate, 10)
    .option('--force', 'also those that were redriven less than 10 minutes ago')
    .option('--json', 'print an object: how many were redriven, and how many messages wait in the outbox')
    .action(async (ids: number[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options & { rate: number; force?: boolean }>();
      const { redriveDeadLetters } = await import('../dead-letters.ts');
      const { operate } = await import('../operator-deps.ts');
      await operate(options, (deps) => redriveDeadLetters(ids, options, deps));
    });

  addFilters(letters.command('discard').description('close them without success'), usualLimits.change)
    .argument('[ids...]', 'these, instead of a choice by options', parseIds, [])
    .requiredOption('--reason <text>', 'why, for whoever finds it closed', parseText)
    .action(async (ids: number[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options & { reason: string }>();
      const { discard } = await import('../dead-letters.ts');
      const { withDatabase } = await import('../local-database.ts');
      console.log(await withDatabase(options, (db) => discard(db, ids, options)));
    });
}

function addFilters(command: Command, limit: number): Command {
  return command
    .addOption(new Option('--stage <name>', 'only of this function').choices(deadLetterStages))
    .option('--agency <key>', 'only about this agency, e.g. mec', parseText)
    .option(
      '--since <day>',
      'failed on this day (UTC) or later, YYYY-MM-DD',
      (text) => new Date(`${parseDay(text)}T00:00:00Z`),
    )
    .option('--subject <id>', 'only this article (unique_id) or address', parseText)
    .option('--error <text>', 'only where the error contains this', parseText)
    .option('--limit <n>', `this many at most (default: ${limit})`, parseInteger(1, 1_000_000));
}

function parseIds(text: string, previous: number[] | undefined): number[] {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be numbers as `dead-letters list` shows them');
  return [...(previous ?? []), Number(text)];
}
