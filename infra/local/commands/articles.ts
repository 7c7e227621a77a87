import type { Command } from 'commander';
import type { ArticleAction } from '../articles.ts';
import type { GlobalOptions } from '../options.ts';

/** `articles remove`, `articles restore` */
export function addArticleCommands(program: Command): void {
  const articles = program
    .command('articles')
    .description('take articles out of search and dataset, or bring them back');
  addArticleCommand(articles, 'remove', 'take articles out; scraping them again does not bring them back');
  addArticleCommand(articles, 'restore', 'bring back articles that were removed, by an operator or by their site');
}

function addArticleCommand(articles: Command, action: ArticleAction, description: string): void {
  articles
    .command(action)
    .description(description)
    .argument('<ids...>', 'unique_id or legacy id of each')
    .action(async (ids: string[], _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const { contextFrom } = await import('../../../shared/stage-context.ts');
      const { changeArticles } = await import('../articles.ts');
      const { cliDeps } = await import('../cli-deps.ts');
      const { withDatabase } = await import('../local-database.ts');
      const outcomes = await withDatabase(options, (db) =>
        changeArticles(action, ids, contextFrom(), cliDeps(db, options)),
      );
      for (const { isFound, text } of outcomes) if (isFound) console.log(text);
      const problems = outcomes.filter(({ isFound }) => !isFound).map(({ id, text }) => `${id}: ${text}`);
      if (problems.length > 0) throw new Error(problems.join('; '));
    });
}
