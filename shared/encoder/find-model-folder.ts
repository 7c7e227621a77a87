import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EncoderOptions } from '../encoder.ts';
import { ConfigError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import { cachedModelFolder, fetchModel, type HubModel } from './fetch-model.ts';

/** The model of the live system, on the Hub. */
export const DEFAULT_MODEL = 'sentence-transformers/paraphrase-multilingual-mpnet-base-v2';

/** Where models of the Hub are kept unless told. */
export const DEFAULT_CACHE_DIR = join(homedir(), '.cache', 'destaques', 'models');

/** Where a model is. */
export type ModelPlace = Pick<EncoderOptions, 'model' | 'revision' | 'file' | 'hubUrl' | 'cacheDir'>;

/**
 * The folder of a model: the one that was named, or that of a Hub id in the cache, fetched if need be.
 *
 * @throws {ConfigError} when there is neither; the text says how to get it.
 * @throws {RetryableError} when the Hub cannot be reached or fails.
 */
export async function findModelFolder(options: ModelPlace, log: Logger = silentLogger): Promise<string> {
  const { model } = options;
  if (await isFolder(model)) return model;
  const isFile = existsSync(model);
  if (isFile || !isHubId(model)) {
    throw new ConfigError(
      `Model folder ${resolve(model)} ${isFile ? 'is a file' : 'does not exist'}. EMBEDDING_MODEL is a folder that holds a sentence-transformers ` +
        `repository (\`hf download OWNER/NAME --local-dir ${model}\` makes one), a Hub id such as ` +
        `${DEFAULT_MODEL}, or "lexical", which needs no model`,
    );
  }
  const hubModel = hubModelOf(options);
  const folder = cachedModelFolder(options.cacheDir ?? DEFAULT_CACHE_DIR, hubModel);
  await fetchModel(hubModel, folder, { log });
  return folder;
}

/** The model of the Hub that the options mean. */
export function hubModelOf({ model, revision, file, hubUrl = 'https://huggingface.co' }: ModelPlace): HubModel {
  return { id: model, revision, file, hubUrl: hubUrl.replace(/\/+$/, '') };
}

/** Whether a text has the form of `owner/name`. */
export function isHubId(model: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/.test(model);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
