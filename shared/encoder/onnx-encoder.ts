import './no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Encoder } from '../encoder.ts';
import { ConfigError, RetryableError } from '../errors.ts';
import { type ModelFolder, readModelFolder } from './model-folder.ts';

const DEFAULT_BATCH_SIZE = 8;
const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];

/** Which model, and how it runs. */
export interface OnnxEncoderOptions {
  /** Folder of a sentence-transformers repository. */
  folder: string;
  /** What the model is called on rows, before the file: `<name>/<file>`. */
  name: string;
  file?: string | undefined;
  threads?: number | undefined;
  /** Texts of one inference. The event loop stands still for as long as one takes. */
  batchSize?: number | undefined;
}

/**
 * An encoder that runs the ONNX file of a sentence-transformers repository on the CPU. Loads the model once and tries it.
 * Memory of an inference grows with `batchSize` times the longest text of the batch, not with the number of texts.
 *
 * With an int8 file the vector of a text depends a little on its batch: compare by cosine, never by equality.
 *
 * @throws {ConfigError} when a file is missing or is not a model of this kind.
 */
export async function createOnnxEncoder(options: OnnxEncoderOptions): Promise<Encoder> {
  const { folder, batchSize = DEFAULT_BATCH_SIZE } = options;
  const model = await readModelFolder(folder, options.file);
  const path = join(folder, model.file);
  const session = await openSession(path, options.threads ?? availableParallelism());

  const encodeAll = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const vectors = new Array<Float32Array>(texts.length);
    // Texts of like length share a batch, or the short ones are computed at the length of the longest.
    const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize);
      const batchVectors = await encodeBatch(
        batch.map((index) => texts[index]!),
        { session, model, path },
      );
      for (const [position, index] of batch.entries()) vectors[index] = batchVectors[position]!;
    }
    return vectors;
  };

  const dimensions = (await tryModel(() => encodeAll(['']), path))[0]!.length;
  let last: Promise<unknown> = Promise.resolve();
  return {
    model: `${options.name}/${model.file}`,
    dimensions,
    // One call after another: two at once would only share the same threads, and `close` knows what to wait for.
    encode(texts) {
      const vectors = last.then(() => encodeAll(texts));
      last = vectors.catch(() => {});
      return vectors;
    },
    async close() {
      await last;
      await session.release();
    },
  };
}

async function openSession(path: string, threads: number): Promise<InferenceSession> {
  const session = await tryModel(
    () =>
      InferenceSession.create(path, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      }),
    path,
  );
  const unknown = session.inputNames.filter((name) => !KNOWN_INPUTS.includes(name));
  if (unknown.length > 0) throw new ConfigError(`${path} asks for the input ${unknown.join(', ')}, which is not known`);
  return session;
}

async function tryModel<T>(work: () => Promise<T>, path: string): Promise<T> {
  return work().catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} is not a model that can be run: ${String(error)}`, { cause: error });
  });
}

interface LoadedModel {
  session: InferenceSession;
  model: ModelFolder;
  path: string;
}

async function encodeBatch(texts: string[], { session, model, path }: LoadedModel): Promise<Float32Array[]> {
  const rows = texts.map((text) => model.tokenizer.tokenize(text));
  const length = Math.max(...rows.map((row) => row.length));
  const size = rows.length * length;
  const ids = new BigInt64Array(size).fill(BigInt(model.tokenizer.padId));
  const mask = new BigInt64Array(size);
  for (const [row, tokens] of rows.entries()) {
    for (const [column, id] of tokens.entries()) ids[row * length + column] = BigInt(id);
    mask.fill(1n, row * length, row * length + tokens.length);
  }
  const inputs: Record<string, BigInt64Array> = { input_ids: ids, attention_mask: mask };
  if (session.inputNames.includes('token_type_ids')) inputs.token_type_ids = new BigInt64Array(size);
  const feeds = Object.entries(inputs).map(([name, data]) => [name, new Tensor('int64', data, [rows.length, length])]);

  const outputName = session.outputNames.includes('last_hidden_state') ? 'last_hidden_state' : session.outputNames[0]!;
  const output = (await session.run(Object.fromEntries(feeds), [outputName]))[outputName]!;
  const [batchSize, tokenCount, dimensions] = output.dims;
  if (output.type !== 'float32' || batchSize !== rows.length || tokenCount !== length || dimensions === undefined) {
    throw new ConfigError(
      `${path} gives ${outputName} as ${output.type}[${output.dims}], not as float32[${rows.length},${length},dimensions]`,
    );
  }
  const hidden = output.data as Float32Array;
  return rows.map((tokens, row) => {
    const pooledTokens = model.pooling === 'cls' ? 1 : tokens.length;
    return unitSum(hidden.subarray(row * length * dimensions), pooledTokens, dimensions);
  });
}

// The unit vector of a sum is that of the mean.
function unitSum(hidden: Float32Array, tokenCount: number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let token = 0; token < tokenCount; token++) {
    for (let index = 0; index < dimensions; index++) vector[index]! += hidden[token * dimensions + index]!;
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!(norm > 0 && Number.isFinite(norm))) throw new RetryableError(`The model computed a vector of length ${norm}`);
  for (let index = 0; index < dimensions; index++) vector[index]! /= norm;
  return vector;
}
