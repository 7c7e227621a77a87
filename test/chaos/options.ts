import { Command, InvalidArgumentError, Option } from 'commander';

export interface ChaosOptions {
  articles: number;
  seed: number;
  /** Undefined: the emulator where it is installed. */
  bus?: 'emulator' | 'in-process';
  json: boolean;
  keep: boolean;
}

/** Ends the process with 2 when the call is wrong. */
export function parseOptions(args: readonly string[]): ChaosOptions {
  const command = new Command('chaos')
    .description('Runs the chain of stages while everything fails, and checks that nothing is lost, doubled or stale')
    .option('--articles <number>', 'articles that are stored', wholeNumber(1, 100_000), 2000)
    .option('--seed <number>', 'of texts, edits and faults', wholeNumber(0, 2 ** 31), 1)
    .addOption(
      new Option('--bus <bus>', 'default: the emulator where it is installed').choices(['emulator', 'in-process']),
    )
    .option('--json', 'one line of JSON on stdout', false)
    .option('--keep', 'keep the log lines of all instances', false)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return command.parse(args as string[], { from: 'user' }).opts<ChaosOptions>();
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}
