import { type Command, Option } from 'commander';
import type { DemoOptions } from '../demo.ts';
import { checkWindow, parseDay, parseInteger, parseList } from '../options.ts';

/** `demo` */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('run the whole chain once: scrape, enrich, embed, index, export, search')
    .option('--query <text>', 'what to search for at the end', 'vacinação de crianças nas escolas')
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay)
    .addOption(
      new Option(
        '--source <kind>',
        'where pages come from (default: live where there is a network, else sample)',
      ).choices(['live', 'sample']),
    )
    .option('--articles <n>', 'size of the sample site', parseInteger(1, 100_000), 200)
    .option('--site <url>', 'a sample site that runs already ("npm run stand-in -- sites"), e.g. http://127.0.0.1:8090')
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .option('--fresh', 'forget the data of earlier runs first')
    .option('--json', 'print one JSON object as the last line, and everything else to stderr')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<DemoOptions & { json?: boolean }>();
      checkWindow(options);
      const { runDemo } = await import('../demo.ts');
      const { formatSummary } = await import('../summary.ts');
      const result = await runDemo(options);
      if (options.json) {
        console.error(formatSummary(result));
        console.log(JSON.stringify(result));
      } else {
        console.log(formatSummary(result));
      }
    });
}
