import { ConfigError, RetryableError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { startThread, type Thread } from '../thread.ts';
import type { InferenceOptions } from './inference.ts';
import type { PackedRows, PaddedRows } from './token-rows.ts';
import type { TokenizerOptions } from './tokenizer.ts';

/** The two threads of a model. */
export interface ModelThreads {
  tokenizer: Thread<{ padId: number }, string[], PackedRows>;
  inference: Thread<null, PaddedRows, Float32Array<ArrayBuffer>>;
}

/**
 * Starts both at once: with a real model each takes a second or more.
 *
 * @throws {ConfigError} when a file is missing or cannot be used.
 */
export async function startModelThreads(
  tokenizer: TokenizerOptions,
  inference: InferenceOptions,
  log: Logger,
): Promise<ModelThreads> {
  const [tokenizing, inferring] = await Promise.allSettled([
    startThread<{ padId: number }, string[], PackedRows>({
      name: 'tokenising',
      module: new URL('./tokenize-thread.ts', import.meta.url),
      data: tokenizer,
      log,
    }),
    startThread<null, PaddedRows, Float32Array<ArrayBuffer>>({
      name: 'inference',
      module: new URL('./inference-thread.ts', import.meta.url),
      data: inference,
      log,
    }),
  ]);
  if (tokenizing.status === 'fulfilled' && inferring.status === 'fulfilled') {
    return { tokenizer: tokenizing.value, inference: inferring.value };
  }
  for (const started of [tokenizing, inferring]) if (started.status === 'fulfilled') await started.value.close();
  if (tokenizing.status === 'rejected') throw tokenizing.reason;
  throw unusable(inference.path, inferring.status === 'rejected' && inferring.reason);
}

/** What a model that fails before it was ever used says of its file. */
export function unusable(path: string, error: unknown): Error {
  if (error instanceof ConfigError || error instanceof RetryableError) return error;
  return new ConfigError(`${path} is not a model that can be run: ${String(error)}`, { cause: error });
}
