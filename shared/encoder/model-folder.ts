import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { describeIssues, plainMessage } from '../schema-messages.ts';
import { createTokenizer, type TextTokenizer } from './tokenizer.ts';

const DEFAULT_FILE = 'onnx/model.onnx';

/** What a sentence-transformers repository says of its model. */
export interface ModelFolder {
  /** Path of the ONNX file inside the folder. */
  file: string;
  tokenizer: TextTokenizer;
  /** How the vectors of the tokens become one: their mean, or that of the first token. */
  pooling: 'mean' | 'cls';
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

/**
 * Reads the modules, pooling, limits and tokenizer of a sentence-transformers repository.
 *
 * @throws {ConfigError} when a file is missing or unreadable, or asks for what is not supported; it names the path.
 */
export async function readModelFolder(folder: string, wantedFile?: string): Promise<ModelFolder> {
  const file = chooseModelFile(await onnxFiles(folder, wantedFile), wantedFile, folder);
  const modules = await readModules(folder);
  const inTransformer = (name: string) => join(folder, modules.transformer, name);
  const limitsPath = inTransformer('sentence_bert_config.json');
  const tokenizerPath = inTransformer('tokenizer.json');
  const limits = (await readJson(limitsPath, limitsSchema)) ?? {};
  const tokenizer = required(await readJson(tokenizerPath, z.looseObject({})), tokenizerPath);
  const configPath = inTransformer('tokenizer_config.json');
  const config = required(await readJson(configPath, tokenizerConfigSchema), configPath);
  const maxTokens = limits.max_seq_length ?? Math.min(config.model_max_length ?? Number.POSITIVE_INFINITY, 512);
  const pooling = await readPooling(join(folder, modules.pooling, 'config.json'));
  const tokenizerOptions = { maxTokens, lowerCase: limits.do_lower_case ?? false };
  try {
    return { file, tokenizer: createTokenizer({ tokenizer, config }, tokenizerOptions), pooling };
  } catch (error) {
    throw new ConfigError(`${tokenizerPath} is not a tokenizer that can be used: ${String(error)}`, { cause: error });
  }
}

/**
 * The ONNX file to use of those that a repository (`place`) has: the wanted one, `onnx/model.onnx`, or the only one in
 * `onnx/`.
 *
 * @throws {ConfigError} when there is none, or several to choose from; the text lists them.
 */
export function chooseModelFile(files: readonly string[], wanted: string | undefined, place: string): string {
  const file = posix.normalize(wanted ?? DEFAULT_FILE);
  if (files.includes(file)) return file;
  const choices = files.filter((path) => path.endsWith('.onnx'));
  const inOnnxFolder = choices.filter((path) => posix.dirname(path) === 'onnx');
  if (wanted === undefined && inOnnxFolder.length === 1) return inOnnxFolder[0]!;
  const advice =
    choices.length > 0
      ? `There is ${choices.join(', ')}: set EMBEDDING_MODEL_FILE to one of them`
      : 'There is no .onnx file: `optimum-cli export onnx` makes one from a model that has none';
  throw new ConfigError(`${place} has no ${file}. ${advice}`);
}

async function onnxFiles(folder: string, wanted = DEFAULT_FILE): Promise<string[]> {
  const directory = posix.dirname(posix.normalize(wanted));
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

async function readPooling(path: string): Promise<'mean' | 'cls'> {
  const modes = required(await readJson(path, poolingSchema), path);
  const names = modes.map((mode) => mode.replace(/^pooling_mode_|_tokens?$/g, ''));
  if (names.length === 1 && (names[0] === 'mean' || names[0] === 'cls')) return names[0];
  throw new ConfigError(`${path} asks for pooling ${modes.join(' + ') || '(none)'}; mean and cls are supported`);
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')), { error: plainMessage });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const reason = error instanceof z.ZodError ? describeIssues(error.issues) : String(error);
    throw new ConfigError(`${path} cannot be read: ${reason}`, { cause: error });
  }
}

function required<T>(value: T | null, path: string): T {
  if (value !== null) return value;
  throw new ConfigError(
    `${path} is missing: the folder is not a whole sentence-transformers repository, as ` +
      '`hf download OWNER/NAME --local-dir FOLDER` makes one',
  );
}
