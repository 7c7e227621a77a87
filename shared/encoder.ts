import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { integer } from './config.ts';
import { embeddingSettings, usualDimensions } from './embedding-settings.ts';
import type { Pooling, TextKind } from './encoder/model-folder.ts';
import { ConfigError } from './errors.ts';
import { type Logger, silentLogger } from './log.ts';

/** Turns texts into unit vectors whose dot product is their cosine similarity. */
export interface Encoder {
  /** Name of what computes the vectors, stored on every row (`news.embedding_model`): a change of it makes work pending. */
  readonly model: string;
  readonly dimensions: number;
  /**
   * One L2-normalised Float32Array of `dimensions` a text, in the order of the texts. Any string has a vector: an empty
   * one too. Long texts are cut at the model's limit. Calls may overlap: what waits at the same time is computed together.
   *
   * @param options.kind what the texts are: models with prefixes encode what is searched for (`query`) otherwise than
   * what is found (`passage`, unless told).
   * @throws {PermanentError} when the model computes no vector for a text; the other texts have theirs.
   * @throws {RetryableError} when the model died over the texts.
   */
  encode(texts: readonly string[], options?: { kind?: TextKind }): Promise<Float32Array[]>;
  /** Waits for what is being encoded, then frees the model. */
  close(): Promise<void>;
}

/** The encoder's part of a function's environment, to be spread into its schema. */
export const encoderSettings = {
  EMBEDDING_MODEL: z.string(),
  EMBEDDING_MODEL_REVISION: z.string().optional(),
  EMBEDDING_MODEL_FILE: z.string().optional(),
  EMBEDDING_CACHE_DIR: z.string().optional(),
  EMBEDDING_THREADS: integer(1, 256).optional(),
  EMBEDDING_BATCH_SIZE: integer(1, 1024).optional(),
  EMBEDDING_MAX_TOKENS: integer(3, 65_536).optional(),
  EMBEDDING_POOLING: z.enum(['mean', 'cls']).optional(),
  EMBEDDING_QUERY_PREFIX: z.string().optional(),
  EMBEDDING_PASSAGE_PREFIX: z.string().optional(),
  ...embeddingSettings,
  HF_ENDPOINT: z.url().optional(),
};

/** Which encoder, and how it runs. */
export interface EncoderOptions {
  /**
   * `lexical`, a folder that holds a sentence-transformers repository with ONNX files, or a Hub id `owner/name`, fetched
   * once into the cache. A text of the form `owner/name` is a folder when that folder exists.
   */
  model: string;
  /** Branch, tag or commit on the Hub, `main` unless told. Only a commit always means the same weights. */
  revision?: string | undefined;
  /**
   * Path of the ONNX file in the repository; or `fp32`; or `int8`, the best of the repository's files for this CPU.
   * `onnx/model.onnx` unless told, or the only one there is.
   */
  file?: string | undefined;
  /** Threads of one inference: as many as the process may use unless told. */
  threads?: number | undefined;
  /** Texts of one inference at most, 8 unless told: memory grows with it. */
  batchSize?: number | undefined;
  /** Of a text, where the model's own limit is more than is wanted: memory grows with its square. */
  maxTokens?: number | undefined;
  /** In place of what the repository says of itself, or where it says nothing. */
  pooling?: Pooling | undefined;
  /** Stand before each text, with a space between them. In place of the repository's prompts. */
  queryPrefix?: string | undefined;
  passagePrefix?: string | undefined;
  /** Where models of the Hub are kept: `~/.cache/destaques/models` unless told. */
  cacheDir?: string | undefined;
  hubUrl?: string | undefined;
  /** Length that the vectors must have: {@link usualDimensions} unless told. */
  dimensions?: number | undefined;
}

/** The options that the environment asks for. */
export function encoderOptions(settings: z.infer<z.ZodObject<typeof encoderSettings>>): EncoderOptions {
  return {
    model: settings.EMBEDDING_MODEL,
    revision: settings.EMBEDDING_MODEL_REVISION,
    file: settings.EMBEDDING_MODEL_FILE,
    threads: settings.EMBEDDING_THREADS,
    batchSize: settings.EMBEDDING_BATCH_SIZE,
    maxTokens: settings.EMBEDDING_MAX_TOKENS,
    pooling: settings.EMBEDDING_POOLING,
    queryPrefix: settings.EMBEDDING_QUERY_PREFIX,
    passagePrefix: settings.EMBEDDING_PASSAGE_PREFIX,
    cacheDir: settings.EMBEDDING_CACHE_DIR,
    hubUrl: settings.HF_ENDPOINT,
    dimensions: settings.EMBEDDING_DIMENSIONS,
  };
}

/**
 * Opens the encoder that was asked for, warm: its first `encode` is as fast as the next. No encoder stands in for
 * another: what is missing is an error.
 *
 * @throws {ConfigError} when the model, or a file of it, is missing, unreadable or of the wrong dimension; the text
 * names it and says how to get it.
 * @throws {RetryableError} when the Hub cannot be reached or fails.
 */
export async function createEncoder(options: EncoderOptions, deps: { log?: Logger } = {}): Promise<Encoder> {
  const encoder = await openEncoder(options, deps.log ?? silentLogger);
  const dimensions = options.dimensions ?? usualDimensions;
  if (encoder.dimensions === dimensions) return encoder;
  await encoder.close();
  throw new ConfigError(
    `Model ${encoder.model} computes ${encoder.dimensions} dimensions, but vectors are stored with ${dimensions} (EMBEDDING_DIMENSIONS)`,
  );
}

// Each encoder is imported when it is chosen: the model runtime is a native library of tens of megabytes, which a
// function that encodes lexically, or only knows the type, must not load.
async function openEncoder(options: EncoderOptions, log: Logger): Promise<Encoder> {
  if (options.model === 'lexical') {
    const { createLexicalEncoder } = await import('./encoder/lexical-encoder.ts');
    return createLexicalEncoder();
  }
  const { createOnnxEncoder } = await import('./encoder/onnx-encoder.ts');
  const { findModelFolder } = await import('./encoder/find-model-folder.ts');
  const { readModelSource, sourceName } = await import('./encoder/model-source.ts');
  const folder = await findModelFolder(options, log);
  const source = await readModelSource(folder);
  const name = source ? sourceName(source) : basename(resolve(folder));
  return createOnnxEncoder({ ...options, folder, name }, { log });
}
