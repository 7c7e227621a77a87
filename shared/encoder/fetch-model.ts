import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { downloadFile, HubApiError, modelInfo, type PathInfo, pathsInfo } from '@huggingface/hub';
import { ConfigError, errorMessage, RetryableError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { chooseModelFile } from './model-folder.ts';

const CONFIGURATION_FILE = /^(\d+_\w+\/)?(modules|config|sentence_bert_config|tokenizer|tokenizer_config)\.json$/;
// Weights over 2 GB lie beside the ONNX file; the first suffix is optimum's, the second PyTorch's.
const WEIGHTS_SUFFIXES = ['', '_data', '.data'];

/** A model of the Hub, and where it is kept. */
export interface HubModel {
  /** `owner/name` */
  id: string;
  revision: string;
  file?: string | undefined;
  cacheDir: string;
  /** Without a slash at its end. */
  hubUrl: string;
}

interface Snapshot {
  repo: { type: 'model'; name: string };
  /** The commit, so that all files are of one state although a branch may move meanwhile. */
  revision: string;
  hubUrl: string;
}

/**
 * The folder of a model of the Hub, fetched on first use: of the repository only the configuration, the tokenizer and one
 * ONNX file. The folder appears whole or not at all, also when two processes fetch it at once; once there, it is used
 * without asking the Hub, so that a moved branch is not followed.
 *
 * @throws {ConfigError} when the Hub has no such public model, revision or file, or the cache cannot be written.
 * @throws {RetryableError} when the Hub fails, cannot be reached, or sends other bytes than it lists.
 */
export async function fetchModel(model: HubModel, { log }: { log: Logger }): Promise<string> {
  const key = [...model.id.split('/'), model.revision, model.file ?? 'default'].map(encodeURIComponent).join('--');
  const folder = join(model.cacheDir, key);
  if (await exists(folder)) return folder;

  const partial = await createPartialFolder(model.cacheDir);
  try {
    const { snapshot, files } = await listNeededFiles(model);
    const sizeBytes = files.reduce((sum, file) => sum + file.size, 0);
    log.info('fetching model', { model: model.id, revision: snapshot.revision, sizeBytes, folder });
    for (const file of files) await fetchFile(file, { snapshot, folder: partial });
    await rename(partial, folder);
  } catch (error) {
    // Another process was faster: its folder is as good as ours.
    if (await exists(folder)) return folder;
    throw explained(error, model);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

async function createPartialFolder(cacheDir: string): Promise<string> {
  try {
    await mkdir(cacheDir, { recursive: true });
    return await mkdtemp(join(cacheDir, '.partial-'));
  } catch (error) {
    throw new ConfigError(`Model cache ${cacheDir} cannot be written: ${String(error)}`, { cause: error });
  }
}

async function listNeededFiles(model: HubModel): Promise<{ snapshot: Snapshot; files: PathInfo[] }> {
  const { id, revision, hubUrl } = model;
  const info = await modelInfo({ name: id, revision, hubUrl, additionalFields: ['sha', 'filePaths'] });
  const onnxFile = chooseModelFile(info.filePaths, model.file, `${hubUrl}/${id} at ${revision}`);
  const weights = WEIGHTS_SUFFIXES.map((suffix) => `${onnxFile}${suffix}`);
  const paths = info.filePaths.filter((path) => CONFIGURATION_FILE.test(path) || weights.includes(path));
  const snapshot: Snapshot = { repo: { type: 'model', name: id }, revision: info.sha, hubUrl };
  return { snapshot, files: await pathsInfo({ ...snapshot, paths }) };
}

async function fetchFile(file: PathInfo, target: { snapshot: Snapshot; folder: string }): Promise<void> {
  // Plain HTTP: the chunked protocol (Xet) pays off for repeated downloads of changed files, which never happen here.
  const body = await downloadFile({ ...target.snapshot, path: file.path, xet: false });
  if (!body) throw new Error(`${file.path} is listed but not there`);
  const path = join(target.folder, file.path);
  await mkdir(dirname(path), { recursive: true });
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(
    Readable.fromWeb(body.stream()),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        sha256.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  if (sizeBytes !== file.size) throw new Error(`${file.path} has ${sizeBytes} bytes instead of ${file.size}`);
  const digest = sha256.digest('hex');
  if (file.lfs && file.lfs.oid !== digest) {
    throw new Error(`${file.path} has SHA-256 ${digest} instead of ${file.lfs.oid}`);
  }
}

function explained(error: unknown, { id, revision, hubUrl }: HubModel): Error {
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
