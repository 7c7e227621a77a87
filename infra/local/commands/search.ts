import type { Command } from 'commander';
import type { SearchOptions } from '../search.ts';

const collect = (value: string, before: string[] = []) => [...before, value];

/** `search` */
export function addSearchCommand(program: Command): void {
  program
    .command('search')
    .description('search the articles of the database, as GET /search does; without words, the newest')
    .argument('[words]', 'what to look for: "a phrase", -without, this or that')
    .option('--agency <keys>', 'only these agencies, e.g. mec,saude')
    .option('--theme <code>', 'only this theme and those below it, e.g. 02.01')
    .option('--tag <tag>', 'only articles with this tag; may be given again for another', collect)
    .option('--from <day>', 'published on this day or later, YYYY-MM-DD')
    .option('--to <day>', 'published on this day or earlier')
    .option('--has-summary <true|false>', 'only articles with a summary, or only those without')
    .option('--sort <order>', 'relevance or date')
    .option('--limit <n>', 'results, 1 to 100; 10 unless given')
    .option('--cursor <next>', 'the page after the one that named it')
    .option('--facets <names>', 'count the matches by some of agency,theme,tag,year')
    .option('--similar <id>', 'in place of a search: the articles nearest in meaning to this one')
    .option('--model <model>', 'embedding model: a folder, a Hub id, or "lexical"; EMBEDDING_MODEL unless given')
    .option('--json', 'print the answer of the API')
    .action(async (words: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<SearchOptions & { json?: boolean }>();
      const { runSearch } = await import('../search.ts');
      const { formatAnswer } = await import('../search-report.ts');
      const answer = await runSearch(words, options);
      console.log(options.json ? JSON.stringify(answer) : formatAnswer(answer));
    });
}
