import type { Command } from 'commander';
import { parseDay, parseInteger, parseList } from '../options.ts';
import type { ReextractCommandOptions } from '../reextract.ts';

/** `reextract` */
export function addReextractCommand(program: Command): void {
  program
    .command('reextract')
    .description("build articles anew from the raw pages with today's extractors, without asking any site")
    .option('--since <day>', 'only pages visited on this day or later, YYYY-MM-DD', parseDay)
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--dry-run', 'show what would differ, and write nothing')
    .option('--force', "also pages that today's extractors have read, and whatever their articles lose")
    .option('--batch-size <n>', 'pages in memory at a time', parseInteger(1, 1000), 100)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Goes on where an earlier run stopped. Articles that come out the same are not touched; those that
were removed, and those of which something newer is stored, stay as they are. Before anything is
written a sample of each platform is compared: where more than half of the articles would lose half
of their text, the run ends there. Fails when a page that could be read before cannot be any more.`,
    )
    .action(async (_options, command: Command) => {
      const { reextractPages } = await import('../reextract.ts');
      await reextractPages(command.optsWithGlobals<ReextractCommandOptions>());
    });
}
