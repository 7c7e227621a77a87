import { type Command, InvalidArgumentError } from 'commander';
import { parseInteger } from '../options.ts';
import { parseRate } from '../rate.ts';
import { usualGraph } from '../vectors/vector-index.ts';
import type { RebuildCommandOptions, ResizeCommandOptions, StatusCommandOptions } from '../vectors.ts';

/** `vectors status|rebuild|resize` */
export function addVectorsCommand(program: Command): void {
  const vectors = program.command('vectors').description('the vectors in Postgres, their index, and their length');

  vectors
    .command('status')
    .description('models and their coverage, the index, what it all takes; exit code 1 when something needs a person')
    .option('--rows <n>', 'vectors that the estimate is for; one an article unless given', parseInteger(1))
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { showStatus } = await import('../vectors.ts');
      await showStatus(command.optsWithGlobals<StatusCommandOptions>());
    });

  vectors
    .command('rebuild')
    .description('build the index anew beside the one in use, while articles are read and written, and swap')
    .option('--m <n>', 'links of a vector', parseInteger(2, 100), usualGraph.m)
    .option(
      '--ef-construction <n>',
      'candidates that are looked at to find them',
      parseInteger(4, 1000),
      usualGraph.efConstruction,
    )
    .option('--maintenance-work-mem <size>', 'memory of the build: all of the index should fit', parseMemory, '512MB')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { rebuild } = await import('../vectors.ts');
      await rebuild(command.optsWithGlobals<RebuildCommandOptions>());
    });

  vectors
    .command('resize')
    .description('make room for vectors of another length: says what it costs, and drops those that stand with --yes')
    .requiredOption('--dimensions <n>', 'numbers of a vector', parseInteger(1, 4000))
    .option('--rate <n/s>', 'texts a second that embed manages, for the estimate', parseRate, 50)
    .option('--dry-run', 'only say what it costs')
    .option('--yes', 'do it')
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { resize } = await import('../vectors.ts');
      await resize(command.optsWithGlobals<ResizeCommandOptions>());
    });
}

/** A size as Postgres writes it, at least the 1 MB that it takes for the least. */
function parseMemory(text: string): string {
  const [, number, unit] = /^(\d{1,6})(MB|GB)$/.exec(text.trim()) ?? [];
  if (!(Number(number) >= 1)) throw new InvalidArgumentError('must be a size such as 512MB or 2GB');
  return `${number}${unit}`;
}
