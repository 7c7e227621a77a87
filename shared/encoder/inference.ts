import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ConfigError } from '../errors.ts';
import type { Pooling } from './model-folder.ts';
import type { PaddedRows } from './token-rows.ts';

const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];
const TOKEN_OUTPUTS = ['last_hidden_state', 'token_embeddings'];

// Threads spin within a run, for the next operator comes at once, and not after it: an idle instance costs nothing.
const sessionExtra = { session: { force_spinning_stop: '1', set_denormal_as_zero: '1' } };

/** Which ONNX file, and how it runs. */
export interface InferenceOptions {
  path: string;
  pooling: Pooling;
  threads: number;
}

/** A loaded model. */
export interface Inference {
  /**
   * One vector a row, one behind the other: pooled over the row's tokens and of length 1, or all NaN where the model
   * computed nothing that has a direction.
   *
   * @throws {ConfigError} when the model does not give one vector a token.
   */
  run(rows: PaddedRows): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** @throws {ConfigError} when the file is not a model of this kind. */
export async function openInference({ path, pooling, threads }: InferenceOptions): Promise<Inference> {
  const session = await openSession(path, threads);
  const outputName = TOKEN_OUTPUTS.find((name) => session.outputNames.includes(name)) ?? session.outputNames[0]!;
  return {
    async run({ ids, lengths }) {
      const dims = [lengths.length, ids.length / lengths.length] as const;
      const inputs: Record<string, BigInt64Array> = { input_ids: ids, attention_mask: maskOf(ids.length, lengths) };
      const feeds = session.inputNames.map((name) => {
        return [name, new Tensor('int64', inputs[name] ?? new BigInt64Array(ids.length), dims)] as const;
      });
      const output = (await session.run(Object.fromEntries(feeds), [outputName]))[outputName]!;
      const [rowCount, tokenCount, dimensions] = output.dims;
      if (output.type !== 'float32' || rowCount !== dims[0] || tokenCount !== dims[1] || dimensions === undefined) {
        throw new ConfigError(
          `${path} gives ${outputName} as ${output.type}[${output.dims}], not as float32[${dims},dimensions]`,
        );
      }
      const pooled = pooling === 'cls' ? lengths.map(() => 1) : lengths;
      return unitSums(output.data as Float32Array, { lengths: pooled, tokenCount: dims[1], dimensions });
    },
    close: () => session.release(),
  };
}

async function openSession(path: string, threads: number): Promise<InferenceSession> {
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: sessionExtra,
  });
  const unknown = session.inputNames.filter((name) => !KNOWN_INPUTS.includes(name));
  if (unknown.length > 0) throw new ConfigError(`${path} asks for the input ${unknown.join(', ')}, which is not known`);
  return session;
}

function maskOf(size: number, lengths: readonly number[]): BigInt64Array {
  const mask = new BigInt64Array(size);
  for (const [row, length] of lengths.entries()) {
    const start = (row * size) / lengths.length;
    mask.fill(1n, start, start + length);
  }
  return mask;
}

/** For each row the unit vector of the sum of its first `lengths[row]` tokens: that of their mean. */
function unitSums(
  hidden: Float32Array,
  { lengths, tokenCount, dimensions }: { lengths: readonly number[]; tokenCount: number; dimensions: number },
): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(lengths.length * dimensions);
  for (const [row, length] of lengths.entries()) {
    const vector = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    const start = row * tokenCount * dimensions;
    for (let token = start; token < start + length * dimensions; token += dimensions) {
      for (let index = 0; index < dimensions; index++) vector[index]! += hidden[token + index]!;
    }
    let squares = 0;
    for (const value of vector) squares += value * value;
    const norm = Math.sqrt(squares);
    if (norm > 0 && Number.isFinite(norm)) for (let index = 0; index < dimensions; index++) vector[index]! /= norm;
    else vector.fill(Number.NaN);
  }
  return vectors;
}
