import type { Command } from 'commander';
import { searchParameters } from '../../../functions/api/search/parameters.ts';
import type { DemoOptions } from '../demo.ts';
import { UsageError } from '../errors.ts';
import { checkWindow, parseDay, parseList } from '../options.ts';
import { addNewsSourceOptions } from './news-source-options.ts';

/** `demo` */
export function addDemoCommand(program: Command): void {
  const demoCommand = program
    .command('demo')
    .description('run the whole chain once: scrape, enrich, embed, index, export, search')
    .option('--query <text>', 'what to search for at the end', 'vacinação de crianças nas escolas')
    .option('--agencies <keys>', 'only these agencies, e.g. mec,saude', parseList)
    .option('--start-date <day>', 'published on this day or later, YYYY-MM-DD', parseDay)
    .option('--end-date <day>', 'published on this day or earlier', parseDay);
  addNewsSourceOptions(demoCommand)
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .option('--fresh', 'forget the data folder of earlier runs first')
    .option('--json', 'print one JSON object as the last line, and everything else to stderr')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<DemoOptions & { json?: boolean }>();
      checkWindow(options);
      checkQuery(options.query);
      if (options.fresh && options.databaseUrl) {
        throw new UsageError('--fresh forgets the data folder, never a database of --database-url or DATABASE_URL');
      }
      const { runDemo } = await import('../demo.ts');
      const { formatSummary } = await import('../summary.ts');
      const result = await runDemo(options);
      if (options.json) {
        console.error(formatSummary(result));
        console.log(JSON.stringify(result));
      } else {
        console.log(formatSummary(result));
      }
      const { asked, failed } = result.sources;
      if (failed === asked) throw new Error(`none of the ${asked} sources could be scraped`);
    });
}

/** The api would refuse it too, but only at the end of the run; and without words there is nothing to rank. */
function checkQuery(query: string): void {
  const { data, error } = searchParameters.shape.q.safeParse(query);
  if (error) throw new UsageError(`--query ${error.issues[0]!.message}`);
  if (!data) throw new UsageError('--query must not be empty');
}
