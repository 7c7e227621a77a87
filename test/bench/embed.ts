import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { readModelFolder } from '../../shared/encoder/model-folder.ts';
import { openTokenizer } from '../../shared/encoder/tokenizer.ts';
import { createEncoder } from '../../shared/encoder.ts';

export const description =
  'texts to vectors (--model DIR --texts FILE.jsonl [--file PATH|fp32|int8] [--threads N] [--batch-size N] [--vectors OUT.jsonl])';

const DEFAULT_BATCH_SIZE = 8;

/** Encodes all texts of the file once, after the warm-up of the encoder; tokens are counted afterwards, as cut. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      file: { type: 'string' },
      texts: { type: 'string' },
      threads: { type: 'string' },
      'batch-size': { type: 'string', default: String(DEFAULT_BATCH_SIZE) },
      'max-tokens': { type: 'string' },
      vectors: { type: 'string' },
    },
  });
  const { model, file } = values;
  if (model === undefined || values.texts === undefined) throw new Error('--model and --texts are needed');
  const texts = await readTexts(values.texts);
  const options = {
    model,
    file,
    threads: positive('--threads', values.threads),
    batchSize: positive('--batch-size', values['batch-size']),
    maxTokens: positive('--max-tokens', values['max-tokens']),
  };

  const encoder = await createEncoder(options);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const vectors = await encoder.encode(texts);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  await encoder.close();
  if (values.vectors !== undefined) await writeVectors(values.vectors, texts, vectors);
  return {
    model: encoder.model,
    texts: texts.length,
    tokens: model === 'lexical' ? null : await countTokens(texts, options),
    seconds: rounded(seconds),
    texts_per_second: rounded(texts.length / seconds),
    cpu_ms_per_text: rounded((user + system) / 1000 / texts.length),
    peak_rss_mb: peakRssMb,
    batch_size: options.batchSize,
  };
}

async function readTexts(path: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.trim() === '') continue;
    const { text } = JSON.parse(line) as { text?: unknown };
    if (typeof text !== 'string') throw new Error(`${path}: line ${texts.length + 1} has no "text"`);
    texts.push(text);
  }
  if (texts.length === 0) throw new Error(`${path} holds no texts`);
  return texts;
}

async function countTokens(texts: readonly string[], { model, file, maxTokens }: CountOptions): Promise<number> {
  const own = (await readModelFolder(model, { file })).tokenizer;
  const tokenizer = await openTokenizer({ ...own, maxTokens: Math.min(maxTokens ?? own.maxTokens, own.maxTokens) });
  return texts.reduce((sum, text) => sum + tokenizer.tokenize(text).length, 0);
}

interface CountOptions {
  model: string;
  file?: string | undefined;
  maxTokens?: number | undefined;
}

/** One `{"text", "vector"}` a line, in the order of the texts. */
async function writeVectors(path: string, texts: readonly string[], vectors: readonly Float32Array[]): Promise<void> {
  const output = createWriteStream(path);
  for (const [index, text] of texts.entries()) {
    const line = `${JSON.stringify({ text, vector: Array.from(vectors[index]!) })}\n`;
    if (!output.write(line)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`${name} is no positive whole number: ${text}`);
  return value;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
