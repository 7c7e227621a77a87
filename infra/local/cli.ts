import { CommanderError } from 'commander';
import { errorMessage } from '../../shared/errors.ts';
import { UsageError } from './errors.ts';
import { createProgram } from './program.ts';

/** Runs one command; returns the exit code: 0, 1 for a failed run, 2 for a wrong call. */
export async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has written its own line, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (args.includes('--verbose')) console.error(error);
    else console.error(`error: ${errorMessage(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}
