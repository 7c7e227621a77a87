import { type Command, Option } from 'commander';
import { busKinds } from '../bus.ts';
import { parseInteger } from '../options.ts';
import type { ServeOptions } from '../serve.ts';
import { addNewsSourceOptions } from './news-source-options.ts';

/** `serve` */
export function addServeCommand(program: Command): void {
  const serveCommand = program
    .command('serve')
    .description('run the platform until Ctrl-C: functions over HTTP on loopback, schedules as deployed')
    .option('--port <n>', 'port of the api; the other functions take the next ones', parseInteger(0, 65_500), 8080);
  addNewsSourceOptions(serveCommand)
    .addOption(
      new Option(
        '--bus <kind>',
        'what carries messages: this process, or the Pub/Sub emulator, started unless PUBSUB_EMULATOR_HOST names one (default: in-process, emulator where PUBSUB_EMULATOR_HOST is set)',
      ).choices(busKinds),
    )
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const { serve } = await import('../serve.ts');
      await serve(options);
    });
}
