import type { Command } from 'commander';
import type { CheckOptions } from '../check-model.ts';
import type { ModelOptions } from '../model-settings.ts';
import { type GlobalOptions, parseCosine } from '../options.ts';

type FetchOptions = GlobalOptions & ModelOptions & { out?: string; everyCpu?: boolean };

/** `models list`, `models fetch`, `models check` */
export function addModelCommands(program: Command): void {
  const models = program.command('models').description('the embedding models of this machine');
  models
    .command('list')
    .description('show the models that were fetched')
    .option('--json', 'print an array of objects')
    .action(async ({ json }: { json?: boolean }) => {
      const { formatModel, listModels } = await import('../models.ts');
      const stored = await listModels();
      if (json) console.log(JSON.stringify(stored, null, 2));
      else console.log(stored.map(formatModel).join('\n') || 'no models; "destaques models fetch" fetches one');
    });
  addModelOptions(models.command('fetch'))
    .description('fetch a model from the Hub, checked by its hashes; goes on where a broken fetch stopped')
    .option('--out <folder>', 'put it there, to bake it into an image, instead of in the cache')
    .option('--every-cpu', 'with --file int8: the files for all kinds of x64 servers, not only for this machine')
    .action(async (_options, command: Command) => {
      const { fetchModelFolder, formatModel } = await import('../models.ts');
      const stored = await fetchModelFolder(command.optsWithGlobals<FetchOptions>());
      console.log(formatModel(stored));
    });
  addModelOptions(models.command('check'))
    .description('encode known sentences and compare: with each other, and with vectors that are known to be right')
    .option('--expected <file>', 'lines of {"text", "vector"}; expected.jsonl beside the model unless given')
    .option('--min-cosine <n>', 'how near vectors must be', parseCosine, 0.999)
    .option('--json', 'print one object')
    .action(async (_options, command: Command) => {
      const { checkModel, formatCheck } = await import('../check-model.ts');
      const options = command.optsWithGlobals<GlobalOptions & CheckOptions & { json?: boolean }>();
      const result = await checkModel(options);
      console.log(options.json ? JSON.stringify(result, null, 2) : formatCheck(result));
      const failed = result.checks.filter(({ isPassed }) => isPassed === false).map(({ name }) => name);
      if (failed.length > 0) throw new Error(`${result.model} fails: ${failed.join(', ')}`);
    });
}

function addModelOptions(command: Command): Command {
  return command
    .option('--model <model>', 'a folder or a Hub id; EMBEDDING_MODEL unless given, or else that of the live system')
    .option('--revision <revision>', 'branch, tag or commit on the Hub; EMBEDDING_MODEL_REVISION unless given')
    .option('--file <file>', 'fp32, int8, or a path in the repository; EMBEDDING_MODEL_FILE unless given');
}
