import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Option } from 'commander';
import { parseInteger } from '../../infra/local/options.ts';
import { readModelFolder } from '../../shared/encoder/model-folder.ts';
import { openTokenizer } from '../../shared/encoder/tokenizer.ts';
import { createEncoder } from '../../shared/encoder.ts';

export const description = 'texts to vectors';

const threadCount = parseInteger(1, 256);

export const options = [
  new Option('--model <folder>', 'a sentence-transformers repository with ONNX files').makeOptionMandatory(),
  new Option('--texts <file>', 'JSON Lines: {"text"} a line').makeOptionMandatory(),
  new Option('--file <path>', 'the ONNX file: a path in the repository, fp32 or int8'),
  new Option('--threads <n>', 'threads of one inference').argParser(threadCount),
  new Option('--batch-size <n>', 'texts of one inference').argParser(parseInteger(1, 1024)).default(8),
  new Option('--max-tokens <n>', 'tokens of a text, in place of the limit of the model').argParser(
    parseInteger(2, 8192),
  ),
  new Option('--vectors <file>', 'where the vectors are written, as JSON Lines'),
];

interface EmbedBenchOptions {
  model: string;
  texts: string;
  file?: string;
  threads?: number;
  batchSize: number;
  maxTokens?: number;
  vectors?: string;
}

/** Encodes all texts of the file once, after the warm-up of the encoder; tokens are counted afterwards, as cut. */
export async function run(bench: EmbedBenchOptions): Promise<Record<string, unknown>> {
  const { model, batchSize, maxTokens } = bench;
  const texts = await readTexts(bench.texts);
  const options = { model, file: bench.file, threads: bench.threads, batchSize, maxTokens };

  const encoder = await createEncoder(options);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const vectors = await encoder.encode(texts);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  await encoder.close();
  if (bench.vectors !== undefined) await writeVectors(bench.vectors, texts, vectors);
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

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
