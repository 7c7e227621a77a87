import './no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Encoder } from '../encoder.ts';
import { PermanentError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import { fileLabel } from './model-file.ts';
import { type Pooling, readModelFolder, type TextKind } from './model-folder.ts';
import { startModelThreads, unusable } from './model-threads.ts';
import { createRowQueue, type WaitingRow } from './row-queue.ts';
import { padRows, unpackRows } from './token-rows.ts';

// With int8 files, whose scale is that of the batch, larger batches cost more of the vectors' precision than they gain.
const DEFAULT_BATCH_SIZE = 8;
/** A batch of texts that are longer than this has fewer of them, so that its memory is bounded whatever the model's limit. */
const TOKENS_PER_TEXT = 128;
/** Texts that are tokenised at a time: inference begins with the first of many while the rest is being tokenised. */
const SLICE_SIZE = 64;

/** Which model, and how it runs. */
export interface OnnxEncoderOptions {
  /** Folder of a sentence-transformers repository. */
  folder: string;
  /** What the model is called on rows, before the file: `<name>/<file>`. */
  name: string;
  file?: string | undefined;
  /** Threads of one inference. */
  threads?: number | undefined;
  /** Texts of one inference at most. */
  batchSize?: number | undefined;
  /** In place of what the repository says. */
  pooling?: Pooling | undefined;
  maxTokens?: number | undefined;
  queryPrefix?: string | undefined;
  passagePrefix?: string | undefined;
}

/**
 * An encoder that runs the ONNX file of a sentence-transformers repository on the CPU: loaded once, and tried. Tokenising
 * and inference have a thread each, so neither waits for the other, and the event loop for none.
 *
 * Texts that wait at the same time share inferences, whoever asked for them: of like length, at most `batchSize`. Memory
 * grows with that, not with the number of texts.
 *
 * With an int8 file the vector of a text depends a little on its batch: compare by cosine, never by equality.
 *
 * @throws {ConfigError} when a file is missing or is not a model of this kind.
 */
export async function createOnnxEncoder(
  options: OnnxEncoderOptions,
  { log = silentLogger }: { log?: Logger } = {},
): Promise<Encoder> {
  const { folder, batchSize = DEFAULT_BATCH_SIZE } = options;
  const model = await readModelFolder(folder, options);
  const path = join(folder, model.file);
  const prefixes: Record<TextKind, string> = {
    query: spaced(options.queryPrefix) ?? model.prefixes.query,
    passage: spaced(options.passagePrefix) ?? model.prefixes.passage,
  };
  const maxTokens = Math.min(options.maxTokens ?? Number.POSITIVE_INFINITY, model.tokenizer.maxTokens);
  const { tokenizer, inference } = await startModelThreads(
    { ...model.tokenizer, maxTokens },
    { path, pooling: model.pooling, threads: options.threads ?? availableParallelism() },
    log,
  );
  const closeThreads = () => Promise.all([tokenizer.close(), inference.close()]);
  const queue = createRowQueue({ maxRows: batchSize, maxTokens: batchSize * TOKENS_PER_TEXT });
  let isInferring = false;

  async function encodeAll(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Promise<Float32Array>[] = [];
    for (let start = 0; start < texts.length; start += SLICE_SIZE) {
      const rows = unpackRows(await tokenizer.call(texts.slice(start, start + SLICE_SIZE)));
      const waiting = rows.map((ids) => ({ ids, ...Promise.withResolvers<Float32Array>() }));
      for (const { promise } of waiting) {
        // Not unhandled: it is awaited once the rest is tokenised.
        promise.catch(() => {});
        vectors.push(promise);
      }
      queue.push(waiting);
      if (!isInferring) void inferAll();
    }
    return await Promise.all(vectors);
  }

  async function inferAll(): Promise<void> {
    isInferring = true;
    for (let batch = queue.take(); batch.length > 0; batch = queue.take()) await infer(batch);
    isInferring = false;
  }

  async function infer(batch: readonly WaitingRow[]): Promise<void> {
    try {
      const rows = padRows(
        batch.map(({ ids }) => ids),
        tokenizer.info.padId,
      );
      const vectors = await inference.call(rows, [rows.ids.buffer]);
      const dimensions = vectors.length / batch.length;
      for (const [index, { resolve, reject }] of batch.entries()) {
        const vector = vectors.subarray(index * dimensions, (index + 1) * dimensions);
        if (Number.isNaN(vector[0])) reject(new PermanentError(`${path} computes no vector for this text`));
        else resolve(vector);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  const dimensions = await warmUp(encodeAll, batchSize).catch(async (error: unknown) => {
    await closeThreads();
    throw unusable(path, error);
  });
  const inWork = new Set<Promise<unknown>>();
  let isClosed = false;
  return {
    model: `${options.name}/${fileLabel(options.file, model.file)}${recipe(options, model.tokenizer.maxTokens)}`,
    dimensions,
    async encode(texts, { kind = 'passage' } = {}) {
      if (isClosed) throw new Error(`The encoder of ${options.name} is closed`);
      const prefix = prefixes[kind];
      const vectors = encodeAll(prefix === '' ? texts : texts.map((text) => prefix + text));
      inWork.add(vectors);
      return await vectors.finally(() => inWork.delete(vectors));
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(inWork);
      await closeThreads();
    },
  };
}

/** One text, then a batch of the usual length: memory is what it will be; returns the dimensions. */
async function warmUp(encode: (texts: string[]) => Promise<Float32Array[]>, batchSize: number): Promise<number> {
  const [vector] = await encode(['']);
  await encode(Array<string>(batchSize).fill('a '.repeat(TOKENS_PER_TEXT)));
  return vector!.length;
}

/** Settings lose the space at their end, and every model that has prefixes wants one. */
function spaced(prefix: string | undefined): string | undefined {
  return prefix && `${prefix.trimEnd()} `;
}

/** What makes other vectors of articles than the repository's own settings, as it is called on rows. */
function recipe({ passagePrefix, pooling, maxTokens }: OnnxEncoderOptions, ownMaxTokens: number): string {
  const changes = new URLSearchParams();
  if (passagePrefix !== undefined) changes.set('prefix', passagePrefix);
  if (pooling !== undefined) changes.set('pooling', pooling);
  if (maxTokens !== undefined && maxTokens < ownMaxTokens) changes.set('tokens', String(maxTokens));
  return changes.size > 0 ? `?${changes}` : '';
}
