import { CommanderError } from 'commander';
import { errorMessage } from '../../shared/errors.ts';
import { UsageError } from './errors.ts';
import { createProgram } from './program.ts';

/** Runs one command; returns the exit code: 0, 1 for a failed run, 2 for a wrong call. */
export async function main(args: readonly string[]): Promise<number> {
  const outputError = watchOutput();
  const exitCode = await run(args);
  const error = await outputError();
  if (!error || exitCode !== 0) return exitCode;
  console.error(`error: the output cannot be written: ${error.message}`);
  return 1;
}

async function run(args: readonly string[]): Promise<number> {
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

/** The console says nothing when it cannot write. A reader that has seen enough, such as `head`, is no failure. */
function watchOutput(): () => Promise<Error | undefined> {
  let failure: Error | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  return async () => {
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
    return failure;
  };
}
