import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CpuKind, detectCpu } from '../../shared/encoder/cpu.ts';
import { cachedModelFolder, fetchModel } from '../../shared/encoder/fetch-model.ts';
import { DEFAULT_CACHE_DIR, hubModelOf, isHubId } from '../../shared/encoder/find-model-folder.ts';
import { readModelSource, sourceName } from '../../shared/encoder/model-source.ts';
import { ignoringAbsence } from '../../shared/folder-errors.ts';
import { cliLogger } from './cli-deps.ts';
import { UsageError } from './errors.ts';
import { type ModelOptions, modelSettings } from './model-settings.ts';

/** A model that is on this machine. */
export interface StoredModel {
  folder: string;
  /** What the model is called on rows, before its file. */
  name: string;
  commit: string;
  sizeBytes: number;
  onnxFiles: string[];
}

/** The models in the cache that are whole, in the order of their folders. */
export async function listModels(): Promise<StoredModel[]> {
  const cacheDir = modelSettings({}).cacheDir ?? DEFAULT_CACHE_DIR;
  const names = (await ignoringAbsence(readdir(cacheDir))) ?? [];
  const models = await Promise.all(names.sort().map((name) => describeModel(join(cacheDir, name))));
  return models.filter((model) => model !== undefined);
}

/** Of machines that run containers. */
const serverCpus: readonly CpuKind[] = ['avx2', 'avx512', 'avx512_vnni'];

/**
 * Fetches a model into the cache, or into a folder of its own, which can be baked into an image.
 *
 * @throws {UsageError} when the folder holds something else.
 */
export async function fetchModelFolder(
  options: ModelOptions & { out?: string; everyCpu?: boolean; verbose?: boolean },
): Promise<StoredModel> {
  const settings = modelSettings(options);
  if (!isHubId(settings.model)) throw new UsageError(`${settings.model} is no Hub id such as owner/name`);
  const model = hubModelOf(settings);
  const folder = options.out ? resolve(options.out) : cachedModelFolder(settings.cacheDir ?? DEFAULT_CACHE_DIR, model);
  const cpus = options.everyCpu ? serverCpus : [await detectCpu()];
  await fetchModel(model, folder, { log: cliLogger(options), cpus });
  const stored = await describeModel(folder);
  if (stored?.name === sourceName(model)) return stored;
  throw new UsageError(`${folder} is there already, and holds ${stored?.name ?? 'something else'}: remove it first`);
}

/** Undefined for a folder that was not fetched. */
async function describeModel(folder: string): Promise<StoredModel | undefined> {
  const isFolder = (await ignoringAbsence(stat(folder)))?.isDirectory() === true;
  const source = isFolder && !folder.includes('.partial-') ? await readModelSource(folder) : undefined;
  if (!source) return undefined;
  const files = Object.entries(source.files);
  return {
    folder,
    name: sourceName(source),
    commit: source.commit,
    sizeBytes: files.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0),
    onnxFiles: files.map(([path]) => path).filter((path) => path.endsWith('.onnx')),
  };
}

/** A line or two for people. */
export function formatModel({ folder, name, commit, sizeBytes, onnxFiles }: StoredModel): string {
  const size = `${Math.round(sizeBytes / 1e6)} MB`;
  return `${name}  commit ${commit}  ${size}  ${onnxFiles.join(', ')}\n  ${folder}`;
}
