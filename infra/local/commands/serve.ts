import { type Command, Option } from 'commander';
import { parseInteger } from '../options.ts';
import type { ServeOptions } from '../serve.ts';

/** `serve` */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the platform until Ctrl-C: functions over HTTP on loopback, schedules as deployed')
    .option('--port <n>', 'port of the api; the other functions take the next ones', parseInteger(0, 65_500), 8080)
    .addOption(
      new Option(
        '--source <kind>',
        'where pages come from (default: live where there is a network, else sample)',
      ).choices(['live', 'sample']),
    )
    .option('--articles <n>', 'size of the sample site', parseInteger(1, 100_000), 200)
    .option('--site <url>', 'a sample site that runs already ("npm run stand-in -- sites")')
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const { serve } = await import('../serve.ts');
      await serve(options);
    });
}
