import { type Command, Option } from 'commander';
import { platforms } from '../../../shared/platform.ts';
import type { ExtractFileOptions } from '../extract-file.ts';

/** `extract` */
export function addExtractCommand(program: Command): void {
  program
    .command('extract')
    .description('show what would be stored from a saved page, or why it is not news')
    .argument('<file>', 'HTML, or JSON of a Volto portal, as it came or compressed (gzip, zstd); - for standard input')
    .requiredOption('--url <address>', 'where the page was saved from')
    .option('--listing', 'the page is a listing: show its entries')
    .addOption(new Option('--platform <name>', 'read it as this engine (default: detected)').choices(platforms))
    .option('--json', 'print JSON, under the names of the columns')
    .addHelpText(
      'after',
      '\nA date that stands neither on the page nor in its JSON is null here; a run of the scraper\ntakes that of the listing, or else the time when it saw the article first.',
    )
    .action(async (file: string, options: ExtractFileOptions & { json?: boolean }) => {
      const { extractFile } = await import('../extract-file.ts');
      const { formatEntry, formatRecord } = await import('../format-record.ts');
      const result = await extractFile(file, options);
      if (options.json) console.log(JSON.stringify(result, null, 2));
      if ('failure' in result) throw new Error(`${result.failure.category}: ${result.failure.reason}`);
      if (!options.json) console.log(Array.isArray(result) ? result.map(formatEntry).join('\n') : formatRecord(result));
    });
}
