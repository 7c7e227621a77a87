import type { Command } from 'commander';
import { checkWindow, parseDay, parseList } from '../options.ts';
import type { ScrapeOptions } from '../scrape-sources.ts';
import { addNewsSourceOptions } from './news-source-options.ts';

const ebcAgencies = ['agencia_brasil', 'tvbrasil'];

/** `scrape`, `scrape-ebc` */
export function addScrapeCommands(program: Command): void {
  addScrapeCommand(program, 'scrape', 'scrape the sources of the catalogue').option(
    '--agencies <keys>',
    'only these agencies, e.g. mec,saude',
    parseList,
  );
  addScrapeCommand(program, 'scrape-ebc', 'scrape Agência Brasil and TV Brasil', ebcAgencies);
}

function addScrapeCommand(program: Command, name: string, description: string, agencies?: string[]): Command {
  const scrapeCommand = program
    .command(name)
    .description(`${description} into the database; the stages after it find their work there`)
    .option(
      '--start-date <day>',
      'published on this day or later, YYYY-MM-DD (default: the day before yesterday)',
      parseDay,
    )
    .option('--end-date <day>', 'published on this day or earlier (default: today)', parseDay)
    .option('--allow-update', 'ask again for all known articles of the window, not only for those that are due')
    .option('--sequential', 'one source after the other');

  return addNewsSourceOptions(scrapeCommand).action(async (_options, command: Command) => {
    const options = command.optsWithGlobals<ScrapeOptions>();
    checkWindow(options);
    const { scrapeSources } = await import('../scrape-sources.ts');
    await scrapeSources({ ...options, ...(agencies ? { agencies } : {}) });
  });
}
