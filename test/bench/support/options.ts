import { Command, type Option } from 'commander';

/** What every file beside `run.ts` exports. */
export interface Bench {
  /** What it measures, in one line. */
  description: string;
  options: readonly Option[];
  /** Prints progress to stderr, returns its figures. */
  run(options: object): Promise<Record<string, unknown>>;
}

/** Reads the command line of one benchmark; ends the process, with 2 when the call is wrong. */
export function parseBenchOptions(
  name: string,
  { description, options }: Pick<Bench, 'description' | 'options'>,
  args: readonly string[],
): { json: boolean } {
  const command = new Command(`npm run bench -- ${name}`)
    .description(description)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const option of options) command.addOption(option);
  return command.option('--json', 'print the figures as one line of JSON', false).parse(args, { from: 'user' }).opts();
}
