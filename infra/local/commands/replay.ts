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
  rate: number;
  dryRun?: boolean;
  resume?: number;
  cancel?: number;
  list?: boolean;
  json?: boolean;
}

/** `replay` */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('do a stage again on what was published in a window, at a bounded rate')
    .addOption(new Option('--stage <stage>', 'which one').choices([...stages]))
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay)
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--rate <n/s>', 'articles a second, e.g. 50/s', parseRate, 50)
    .option('--dry-run', 'only count, and say how long it would take')
    .option('--list', 'list the replays')
    .option('--json', 'with --list: print an array of objects')
    .option('--resume <id>', 'go on with one that stopped', parseInteger(1))
    .option('--cancel <id>', 'end one where it is', parseInteger(1))
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ReplayOptions>();
      const { stage, startDate, endDate, agencies, rate } = options;
      const isOrder = Boolean(stage && startDate && endDate);
      if ([isOrder, options.list, options.resume, options.cancel].filter(Boolean).length !== 1) {
        throw new UsageError('give --stage, --start-date and --end-date; or one of --list, --resume ID, --cancel ID');
      }
      checkWindow(options);
      const { withDatabase } = await import('../local-database.ts');
      const { withOperatorDeps } = await import('../operator-deps.ts');
      const replays = await import('../replay.ts');
      const text = await withDatabase(options, (db) => {
        if (options.list) return replays.describeReplays(db, options.json === true);
        if (options.cancel) return replays.endReplayNow(db, options.cancel);
        const { resume } = options;
        if (resume) return withOperatorDeps(db, options, (deps) => replays.resumeReplay(resume, deps));
        const order = { stage: stage!, startDate: startDate!, endDate: endDate!, agencies, rate };
        if (options.dryRun) return replays.estimateReplay(db, order);
        return withOperatorDeps(db, options, (deps) => replays.startReplay(order, deps));
      });
      console.log(text);
    });
}
