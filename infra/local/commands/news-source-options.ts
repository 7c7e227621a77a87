import { type Command, Option } from 'commander';
import { parseInteger } from '../options.ts';

/** The options of commands that read news: `NewsSourceOptions` but for the agencies. */
export function addNewsSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--source <kind>',
        'where pages come from (default: live where there is a network, else sample)',
      ).choices(['live', 'sample']),
    )
    .option('--articles <n>', 'size of the sample site', parseInteger(1, 100_000), 200)
    .option(
      '--site <url>',
      'a sample site that runs already ("npm run stand-in -- sites"), e.g. http://127.0.0.1:8090',
    );
}
