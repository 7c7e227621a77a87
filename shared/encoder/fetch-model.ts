import { access, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { HubApiError, modelInfo, type PathInfo, pathsInfo } from '@huggingface/hub';
import { ConfigError, errorMessage, RetryableError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type CpuKind, detectCpu } from './cpu.ts';
import { type FetchedFile, fetchFile, type Snapshot } from './fetch-file.ts';
import { chooseModelFile } from './model-file.ts';
import { writeModelSource } from './model-source.ts';
import { claimPartialFolder, type PartialFolder } from './partial-folder.ts';

const CONFIGURATION_FILE =
  /^(\d+_\w+\/)?(modules|config|config_sentence_transformers|sentence_bert_config|tokenizer|tokenizer_config)\.json$/;
// Weights over 2 GB lie beside the ONNX file; the first suffix is optimum's, the second PyTorch's.
const WEIGHTS_SUFFIXES = ['', '_data', '.data'];
const DEFAULT_REVISION = 'main';

/** A model of the Hub. */
export interface HubModel {
  /** `owner/name` */
  id: string;
  /** Branch, tag or commit; `main` unless told. Only a commit always means the same weights. */
  revision?: string | undefined;
  /** See `chooseModelFile`. */
  file?: string | undefined;
  /** Without a slash at its end. */
  hubUrl: string;
}

/** Folder of a model in a cache: one for each revision and file that is asked for. */
export function cachedModelFolder(cacheDir: string, { id, revision, file }: HubModel): string {
  const parts = [...id.split('/'), revision ?? DEFAULT_REVISION, file ?? 'default'];
  return join(cacheDir, parts.map(encodeURIComponent).join('--'));
}

/**
 * Fetches a model of the Hub into a folder, unless that is there: of the repository only the configuration, the tokenizer
 * and one ONNX file. The folder appears whole or not at all, also when two processes fetch it at once, and a fetch that
 * broke off is gone on with by the next. Once there, it is used without asking the Hub: a moved branch is not followed.
 *
 * @param options.cpus of the machines that will run it, where an int8 file is wanted: this one unless told.
 * @throws {ConfigError} when the Hub has no such public model, revision or file, or the folder cannot be written.
 * @throws {RetryableError} when the Hub fails, cannot be reached, or sends other bytes than it lists.
 */
export async function fetchModel(
  model: HubModel,
  folder: string,
  { log, cpus }: { log: Logger; cpus?: readonly CpuKind[] },
): Promise<void> {
  if (await exists(folder)) return;
  const partial = await claimFolder(folder);
  try {
    const { snapshot, files } = await listNeededFiles(model, cpus ?? [await detectCpu()]);
    const sizeBytes = files.reduce((sum, file) => sum + file.size, 0);
    log.info('fetching model', { model: model.id, revision: snapshot.revision, sizeBytes, folder });
    const fetched: Record<string, FetchedFile> = {};
    for (const file of files) fetched[file.path] = await fetchFile(file, { snapshot, folder: partial.path });
    const { id, revision } = model;
    await writeModelSource(partial.path, { id, revision, commit: snapshot.revision, files: fetched });
    await rename(partial.path, folder);
  } catch (error) {
    // Another process was faster: its folder is as good as ours.
    if (await exists(folder)) return await partial.remove();
    await partial.leave();
    throw explained(error, model);
  }
}

async function claimFolder(folder: string): Promise<PartialFolder> {
  try {
    return await claimPartialFolder(folder);
  } catch (cause) {
    throw new ConfigError(`Model folder ${folder} cannot be written: ${String(cause)}`, { cause });
  }
}

async function listNeededFiles(
  { id, revision = DEFAULT_REVISION, file, hubUrl }: HubModel,
  cpus: readonly CpuKind[],
): Promise<{ snapshot: Snapshot; files: PathInfo[] }> {
  const info = await modelInfo({ name: id, revision, hubUrl, additionalFields: ['sha', 'filePaths'] });
  const place = `${hubUrl}/${id} at ${revision}`;
  const onnxFiles = cpus.map((cpu) => chooseModelFile(info.filePaths, file, { place, cpu }));
  const weights = onnxFiles.flatMap((path) => WEIGHTS_SUFFIXES.map((suffix) => `${path}${suffix}`));
  const paths = info.filePaths.filter((path) => CONFIGURATION_FILE.test(path) || weights.includes(path));
  const snapshot: Snapshot = { repo: { type: 'model', name: id }, revision: info.sha, hubUrl };
  return { snapshot, files: await pathsInfo({ ...snapshot, paths }) };
}

function explained(error: unknown, { id, revision = DEFAULT_REVISION, hubUrl }: HubModel): Error {
  if (error instanceof ConfigError) return error;
  const reason = errorMessage(error);
  // The Hub answers 401, not 404, for a model that does not exist or is not public.
  if (error instanceof HubApiError && [401, 403, 404].includes(error.statusCode)) {
    const text = `${hubUrl} has no public model ${id} at revision ${revision}, nor is there a folder of that name`;
    return new ConfigError(`${text} (${reason})`, { cause: error });
  }
  return new RetryableError(`Model ${id} could not be fetched from ${hubUrl}: ${reason}`, { cause: error });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
