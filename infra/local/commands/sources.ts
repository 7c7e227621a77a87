import { type Command, Option } from 'commander';
import type { Database } from '../../../shared/database.ts';
import { platforms } from '../../../shared/platform.ts';
import { type GlobalOptions, parseList, parseUserAgent } from '../options.ts';
import type { NewSource } from '../sources.ts';
import { addProbeCommand } from './sources-probe.ts';

/** `sources list|probe|add|enable|disable|release|health` */
export function addSourceCommands(program: Command): void {
  const sources = program.command('sources').description('the news listings that are scraped, and how they fare');
  addListCommand(sources);
  addHealthCommand(sources);
  addProbeCommand(sources);

  sources
    .command('add')
    .description('scrape a further listing of an agency')
    .argument('<url>', 'first page of the listing, https')
    .requiredOption('--agency <key>', 'whose news it lists, e.g. mec')
    .addOption(new Option('--platform <platform>', 'a hint: the platform is detected on every run').choices(platforms))
    .option('--user-agent <text>', 'what to call ourselves there, if the site rejects the usual name', parseUserAgent)
    .action(async (url: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & NewSource>();
      const { addSource } = await import('../sources.ts');
      await say(options, (db) => addSource(db, url, options));
    });

  sources
    .command('enable')
    .description('scrape a disabled source again')
    .argument('<url>')
    .option(
      '--user-agent <text>',
      'what to call ourselves there from now on; "" for the usual name',
      (text: string) => text && parseUserAgent(text),
    )
    .action(async (url: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { userAgent?: string }>();
      const { turnOn } = await import('../sources.ts');
      await say(options, (db) => turnOn(db, url, options.userAgent));
    });

  sources
    .command('disable')
    .description('scrape a source no more; its articles stay')
    .argument('<url>')
    .requiredOption('--reason <text>', 'why, for whoever finds it disabled')
    .action(async (url: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { reason: string }>();
      const { turnOff } = await import('../sources.ts');
      await say(options, (db) => turnOff(db, url, options.reason));
    });

  sources
    .command('release')
    .description('let what a held source has due now through its breaker')
    .argument('<url>')
    .action(async (url: string, _options, command: Command) => {
      const { release } = await import('../sources.ts');
      await say(command.optsWithGlobals<GlobalOptions>(), (db) => release(db, url));
    });
}

function addListCommand(sources: Command): void {
  sources
    .command('list')
    .description('list the sources with what was set on them')
    .option('--agencies <keys>', 'only of these agencies, e.g. mec,saude', parseList)
    .option('--json', 'print an array of objects')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { agencies?: string[]; json?: boolean }>();
      const { checkAgencies } = await import('../agencies.ts');
      const { describeState } = await import('../sources.ts');
      const { listSourceStates } = await import('../../../shared/sql/sources.ts');
      await say(options, async (db) => {
        if (options.agencies) await checkAgencies(db, options.agencies);
        const states = await listSourceStates(db, options.agencies);
        if (options.json) return JSON.stringify(states, null, 2);
        const lines = states.map(
          (state) =>
            `${state.agency_key.padEnd(24)} ${(state.platform ?? '?').padEnd(14)} ${state.url}  (${describeState(state)})` +
            (state.user_agent ? `  as ${state.user_agent}` : ''),
        );
        return lines.length > 0 ? lines.join('\n') : 'no sources';
      });
    });
}

function addHealthCommand(sources: Command): void {
  sources
    .command('health')
    .description('show what needs an eye: sources that are held, fail, hang, went silent, never ran or publish little')
    .option('--all', 'show the others too')
    .option('--json', 'print an array of objects, the worst first')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { all?: boolean; json?: boolean }>();
      const { formatSourceHealth } = await import('../source-report.ts');
      const { judgeSources } = await import('../../../shared/source-health.ts');
      const { listSourceActivity } = await import('../../../shared/sql/source-health.ts');
      await say(options, async (db) => {
        const health = judgeSources(await listSourceActivity(db), new Date());
        if (!options.json) return formatSourceHealth(health, options);
        const shown = options.all ? health : health.filter(({ flags }) => flags.length > 0);
        return JSON.stringify(shown, null, 2);
      });
    });
}

/** Prints what the work on the database says. */
async function say(options: GlobalOptions, work: (db: Database) => Promise<string>): Promise<void> {
  const { withDatabase } = await import('../local-database.ts');
  console.log(await withDatabase(options, work));
}
