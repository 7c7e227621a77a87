import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cachedModelFolder } from '../../shared/encoder/fetch-model.ts';
import { DEFAULT_CACHE_DIR, hubModelOf, isHubId } from '../../shared/encoder/find-model-folder.ts';
import { readModelSource } from '../../shared/encoder/model-source.ts';
import { createEncoder, type Encoder } from '../../shared/encoder.ts';
import { errorMessage } from '../../shared/errors.ts';
import { UsageError } from './errors.ts';
import { type ModelOptions, modelSettings } from './model-settings.ts';

/** One thing that a model must do: undefined where there is nothing to compare with. */
export interface Check {
  name: 'files' | 'norms' | 'batches' | 'expected' | 'languages';
  isPassed: boolean | undefined;
  text: string;
}

export interface ModelCheck {
  model: string;
  dimensions: number;
  checks: Check[];
}

export interface CheckOptions extends ModelOptions {
  /** Lines of `{"text", "vector"}`: `expected.jsonl` beside the model, where it is there. */
  expected?: string;
  minCosine: number;
}

// Each sentence in two languages; the first of each is about what the news are about.
const translations: readonly (readonly [string, string])[] = [
  [
    'Ministério da Saúde amplia a campanha de vacinação contra a gripe',
    'The health ministry extends the flu vaccination campaign',
  ],
  [
    'Governo anuncia novos recursos para a merenda escolar',
    'El gobierno anuncia nuevos recursos para la alimentación escolar',
  ],
  ['Polícia Federal apreende drogas na fronteira', 'Federal police seize drugs at the border'],
  ['Banco Central reduz a taxa de juros', 'El Banco Central reduce la tasa de interés'],
];
const sentences = translations.flat();
/** Long, short, empty and strange texts, in whose company a text must keep its vector. */
const company = ['', 'a', '\u200b', '😀 1.234,56', 'palavra '.repeat(200)];

/**
 * Tries a model that is on this machine: whether its files are those that were fetched, whether it computes, and whether
 * the vectors are right. That can be told by vectors that another runtime computed, or a better file of the same model
 * (`npm run bench -- embed --vectors`); without those, a multilingual model must at least know a sentence from its
 * translation.
 *
 * @throws {UsageError} when the model is not here.
 */
export async function checkModel(options: CheckOptions): Promise<ModelCheck> {
  const settings = modelSettings(options);
  const folder = existsSync(settings.model) ? settings.model : cachedFolder(settings);
  const encoder = await createEncoder({ ...settings, model: folder });
  try {
    const expected = await compareExpected(encoder, options.expected ?? join(folder, 'expected.jsonl'), options);
    const languages = await compareLanguages(encoder);
    // Where vectors are known, they decide: a model for one language is no worse for that.
    if (expected.isPassed !== undefined) languages.isPassed = undefined;
    return {
      model: encoder.model,
      dimensions: encoder.dimensions,
      checks: [
        await compareFiles(folder),
        await measureNorms(encoder),
        await compareBatches(encoder, options),
        expected,
        languages,
      ],
    };
  } finally {
    await encoder.close();
  }
}

export function formatCheck({ model, dimensions, checks }: ModelCheck): string {
  const word = (isPassed: boolean | undefined) => (isPassed === undefined ? '-' : isPassed ? 'ok' : 'FAILED');
  const lines = checks.map(({ name, isPassed, text }) => `${name.padEnd(11)}${word(isPassed).padEnd(8)}${text}`);
  return [`${model}, ${dimensions} dimensions`, ...lines].join('\n');
}

function cachedFolder(settings: ReturnType<typeof modelSettings>): string {
  const { model, cacheDir = DEFAULT_CACHE_DIR } = settings;
  if (!isHubId(model)) throw new UsageError(`Model folder ${model} does not exist`);
  const folder = cachedModelFolder(cacheDir, hubModelOf(settings));
  if (existsSync(folder)) return folder;
  throw new UsageError(`${model} is not on this machine: "destaques models fetch --model ${model}" fetches it`);
}

async function compareFiles(folder: string): Promise<Check> {
  const name = 'files';
  const source = await readModelSource(folder);
  if (!source)
    return { name, isPassed: undefined, text: 'not made by "models fetch", so nothing says what they should be' };
  for (const [path, { sha256 }] of Object.entries(source.files)) {
    const found = await hashFile(join(folder, path)).catch(errorMessage);
    if (found !== sha256) return { name, isPassed: false, text: `${path}: ${found} instead of SHA-256 ${sha256}` };
  }
  const count = Object.keys(source.files).length;
  return { name, isPassed: true, text: `${count} files as fetched from ${source.id} at ${source.commit}` };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

async function measureNorms(encoder: Encoder): Promise<Check> {
  const vectors = await encoder.encode([...sentences, ...company]);
  const worst = Math.max(...vectors.map((vector) => Math.abs(Math.sqrt(dot(vector, vector)) - 1)));
  return {
    name: 'norms',
    isPassed: worst < 1e-4,
    text: `${vectors.length} vectors, lengths within ${exact(worst)} of 1`,
  };
}

async function compareBatches(encoder: Encoder, { minCosine }: CheckOptions): Promise<Check> {
  const together = await encoder.encode([...sentences, ...company]);
  const alone: Float32Array[] = [];
  for (const text of sentences) alone.push(...(await encoder.encode([text])));
  const least = Math.min(...alone.map((vector, index) => dot(vector, together[index]!)));
  return {
    name: 'batches',
    isPassed: least >= minCosine,
    text: `cosine of ${exact(least)} or more, alone and in company`,
  };
}

const expectedLine = z.object({ text: z.string(), vector: z.array(z.number()) });

async function compareExpected(encoder: Encoder, path: string, { expected, minCosine }: CheckOptions): Promise<Check> {
  const name = 'expected';
  if (!expected && !existsSync(path)) return { name, isPassed: undefined, text: 'no vectors to compare with' };
  const lines = await readExpected(path);
  const vectors = await encoder.encode(lines.map(({ text }) => text));
  const cosines = vectors.map((vector, index) => cosine(vector, lines[index]!.vector));
  const least = Math.min(...cosines);
  const position = cosines.indexOf(least) + 1;
  const text = `cosine of ${exact(least)} or more to the ${lines.length} vectors of ${path} (least: line ${position})`;
  return { name, isPassed: least >= minCosine, text };
}

async function readExpected(path: string): Promise<z.infer<typeof expectedLine>[]> {
  try {
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    return lines.map((line) => expectedLine.parse(JSON.parse(line)));
  } catch (cause) {
    throw new UsageError(`${path} has no lines of {"text", "vector"}: ${errorMessage(cause)}`, { cause });
  }
}

async function compareLanguages(encoder: Encoder): Promise<Check> {
  const originals = await encoder.encode(translations.map(([original]) => original));
  const others = await encoder.encode(translations.map(([, translation]) => translation));
  const found = originals.filter((vector, index) => {
    const cosines = others.map((other) => dot(vector, other));
    return cosines.indexOf(Math.max(...cosines)) === index;
  }).length;
  const text = `${found} of ${translations.length} sentences nearer to their translation than to those of others`;
  return { name: 'languages', isPassed: found === translations.length, text };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** NaN for vectors of two lengths. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a.length === b.length ? dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : Number.NaN;
}

function exact(value: number): string {
  return value.toPrecision(5);
}
