import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { describeIssues, plainMessage } from '../schema-messages.ts';
import { detectCpu } from './cpu.ts';
import { chooseModelFile, folderOfFile } from './model-file.ts';
import type { TokenizerOptions } from './tokenizer.ts';

/** How the vectors of the tokens become one: their mean, or that of the first token. */
export type Pooling = 'mean' | 'cls';

/** What a text is for: some models were trained with another prefix for each. */
export type TextKind = 'query' | 'passage';

/** What a sentence-transformers repository says of its model. */
export interface ModelFolder {
  /** Path of the ONNX file inside the folder. */
  file: string;
  tokenizer: TokenizerOptions;
  pooling: Pooling;
  /** What stands before a text; empty for most models. */
  prefixes: Record<TextKind, string>;
}

const modulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));
// Older files have one flag for each mode, newer ones its name.
const poolingSchema = z.union([
  z.object({ pooling_mode: z.string() }).transform(({ pooling_mode }) => [pooling_mode]),
  z
    .record(z.string(), z.unknown())
    .transform((flags) => Object.keys(flags).filter((key) => key.startsWith('pooling_mode_') && flags[key] === true)),
]);
const limitsSchema = z.object({ max_seq_length: z.int().min(3).nullish(), do_lower_case: z.boolean().nullish() });
const tokenizerConfigSchema = z.looseObject({ model_max_length: z.number().nullish() });
const promptsSchema = z.object({ prompts: z.record(z.string(), z.string()).nullish() });

/**
 * Reads the modules, pooling, limits and prompts of a sentence-transformers repository.
 *
 * @param wanted of the repository: its ONNX file (see `chooseModelFile`), and its pooling where it does not say.
 * @throws {ConfigError} when a file is missing or unreadable, or asks for what is not supported; it names the path.
 */
export async function readModelFolder(
  folder: string,
  wanted: { file?: string | undefined; pooling?: Pooling | undefined } = {},
): Promise<ModelFolder> {
  const files = await onnxFiles(folder, folderOfFile(wanted.file));
  const file = chooseModelFile(files, wanted.file, { place: folder, cpu: await detectCpu() });
  const modules = await readModules(folder);
  const tokenizerFolder = join(folder, modules.transformer);
  const limits = (await readJson(join(tokenizerFolder, 'sentence_bert_config.json'), limitsSchema)) ?? {};
  const config = await readRequiredJson(join(tokenizerFolder, 'tokenizer_config.json'), tokenizerConfigSchema);
  return {
    file,
    tokenizer: {
      folder: tokenizerFolder,
      maxTokens: limits.max_seq_length ?? Math.min(config.model_max_length ?? Number.POSITIVE_INFINITY, 512),
      lowerCase: limits.do_lower_case ?? false,
    },
    pooling: wanted.pooling ?? (await readPooling(join(folder, modules.pooling, 'config.json'))),
    prefixes: await readPrefixes(join(folder, 'config_sentence_transformers.json')),
  };
}

/**
 * A JSON file of a repository; null where it is absent.
 *
 * @throws {ConfigError} when it cannot be read, or is not as the schema says.
 */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')), { error: plainMessage });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const reason = error instanceof z.ZodError ? describeIssues(error.issues) : String(error);
    throw new ConfigError(`${path} cannot be read: ${reason}`, { cause: error });
  }
}

/**
 * A JSON file that every repository has.
 *
 * @throws {ConfigError} when it is missing, cannot be read, or is not as the schema says.
 */
export async function readRequiredJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const value = await readJson(path, schema);
  if (value !== null) return value;
  throw new ConfigError(
    `${path} is missing: the folder is not a whole sentence-transformers repository, as ` +
      '`hf download OWNER/NAME --local-dir FOLDER` makes one',
  );
}

async function onnxFiles(folder: string, directory: string): Promise<string[]> {
  const names = await readdir(join(folder, directory)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw new ConfigError(`${join(folder, directory)} cannot be read: ${error.message}`, { cause: error });
  });
  return names.filter((name) => name.endsWith('.onnx')).map((name) => posix.join(directory, name));
}

async function readModules(folder: string): Promise<{ transformer: string; pooling: string }> {
  const path = join(folder, 'modules.json');
  const modules = (await readJson(path, modulesSchema)) ?? [];
  const paths = new Map(modules.map((module) => [module.type.split('.').at(-1), module.path]));
  // Every vector is normalised anyway. Any other module (Dense) would change it, and leaving it out would do so silently.
  const unknown = [...paths.keys()].find((type) => !['Transformer', 'Pooling', 'Normalize'].includes(type ?? ''));
  if (unknown !== undefined) throw new ConfigError(`${path} asks for the module ${unknown}, which is not supported`);
  return { transformer: paths.get('Transformer') ?? '', pooling: paths.get('Pooling') ?? '1_Pooling' };
}

async function readPooling(path: string): Promise<Pooling> {
  const modes = await readRequiredJson(path, poolingSchema);
  const names = modes.map((mode) => mode.replace(/^pooling_mode_|_tokens?$/g, ''));
  if (names.length === 1 && (names[0] === 'mean' || names[0] === 'cls')) return names[0];
  throw new ConfigError(`${path} asks for pooling ${modes.join(' + ') || '(none)'}; mean and cls are supported`);
}

/** The prompts that sentence-transformers puts before queries and documents. */
async function readPrefixes(path: string): Promise<Record<TextKind, string>> {
  const prompts = (await readJson(path, promptsSchema))?.prompts ?? {};
  return { query: prompts.query ?? '', passage: prompts.document ?? prompts.passage ?? '' };
}
