import { type Command, Option } from 'commander';
import { type Stage, stages } from '../../../shared/pending.ts';
import { UsageError } from '../errors.ts';
import { checkWindow, type GlobalOptions, parseDay, parseInteger, parseList } from '../options.ts';
import { parseRate } from '../rate.ts';

interface ReplayOptions extends GlobalOptions {
  stage?: Stage;
  startDate?: string;
  endDate?: string;
  agencies?: string[];
  rate?: number;
  dryRun?: boolean;
  resume?: number;
  cancel?: number;
  list?: boolean;
  json?: boolean;
}

const usualRate = 50;
/** What may stand beside each option that is no part of an order. */
const companions: Record<'list' | 'resume' | 'cancel', readonly (keyof ReplayOptions)[]> = {
  list: ['json'],
  resume: ['json'],
  cancel: [],
};

/** `replay` */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('do a stage again on what was published in a window, at a bounded rate')
    .addOption(new Option('--stage <stage>', 'which one').choices([...stages]))
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay)
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--rate <n/s>', `articles a second, e.g. 10/s (default: ${usualRate}/s)`, parseRate)
    .option('--dry-run', 'only count, and say how long it would take')
    .option('--list', 'list the replays')
    .option('--resume <id>', 'go on with one that stopped, at its rate', parseInteger(1))
    .option('--cancel <id>', 'end one where it is', parseInteger(1))
    .option('--json', 'print JSON: how far it is, or with --list an array of objects')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ReplayOptions>();
      checkCombination(command);
      checkWindow(options);
      const { list, resume, cancel, dryRun, json: isJson } = options;
      const { withDatabase } = await import('../local-database.ts');
      const { operate } = await import('../operator-deps.ts');
      const { untilStopped } = await import('../stop-signal.ts');
      const replays = await import('../replay.ts');
      if (resume) {
        return await untilStopped((signal) =>
          operate(options, (deps) => replays.resumeReplay(resume, deps, { isJson, signal })),
        );
      }
      if (list) return console.log(await withDatabase(options, (db) => replays.describeReplays(db, isJson === true)));
      if (cancel) return console.log(await withDatabase(options, (db) => replays.endReplayNow(db, cancel)));
      const { stage, startDate, endDate, agencies, rate = usualRate } = options;
      const order = { stage: stage!, startDate: startDate!, endDate: endDate!, agencies, rate };
      if (dryRun)
        return console.log(await withDatabase(options, (db) => replays.estimateReplay(db, order, { isJson })));
      await untilStopped((signal) => operate(options, (deps) => replays.startReplay(order, deps, { isJson, signal })));
    });
}

/** @throws {UsageError} when it is not one order, or one of the others with what may stand beside it. */
function checkCombination(command: Command): void {
  const given = new Map(
    command.options.flatMap((option): [string, string][] =>
      command.getOptionValue(option.attributeName()) === undefined ? [] : [[option.attributeName(), option.long!]],
    ),
  );
  const other = (['list', 'resume', 'cancel'] as const).find((name) => given.has(name));
  if (!other) {
    if (['stage', 'startDate', 'endDate'].every((name) => given.has(name))) return;
    throw new UsageError('give --stage, --start-date and --end-date; or one of --list, --resume ID, --cancel ID');
  }
  const allowed: readonly string[] = [other, ...companions[other]];
  const wrong = [...given].flatMap(([name, flag]) => (allowed.includes(name) ? [] : [flag]));
  if (wrong.length > 0) throw new UsageError(`${given.get(other)} does not go with ${wrong.join(', ')}`);
}
