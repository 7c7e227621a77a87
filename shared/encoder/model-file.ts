import { posix } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { CpuKind } from './cpu.ts';

/** Folder of the ONNX files in a sentence-transformers repository. */
const FOLDER = 'onnx';
const FP32_FILE = `${FOLDER}/model.onnx`;

// Best first. Without VNNI, products of signed weights saturate, so a CPU takes no file that was made for a better one.
const INT8_VARIANTS: Record<CpuKind, readonly string[]> = {
  avx512_vnni: ['qint8_avx512_vnni', 'qint8_avx512', 'quint8_avx2'],
  avx512: ['qint8_avx512', 'quint8_avx2'],
  avx2: ['quint8_avx2'],
  arm64: ['qint8_arm64', 'quint8_avx2'],
};
// Of repositories that have one int8 file for all.
const INT8_FOR_ALL = ['quint8', 'int8', 'quantized'];

/**
 * The ONNX file to use of those that a repository (`place`) has. `wanted` is a path, `fp32`, or `int8`: the best of the
 * repository's files for this CPU. Unset it is `onnx/model.onnx`, or the only one in `onnx/`.
 *
 * @throws {ConfigError} when there is none, or several to choose from; the text lists them.
 */
export function chooseModelFile(
  files: readonly string[],
  wanted: string | undefined,
  { place, cpu }: { place: string; cpu: CpuKind },
): string {
  const candidates = candidateFiles(wanted, cpu);
  const file = candidates.find((candidate) => files.includes(candidate));
  if (file !== undefined) return file;
  const choices = files.filter((path) => path.endsWith('.onnx'));
  const inFolder = choices.filter((path) => posix.dirname(path) === FOLDER);
  if (wanted === undefined && inFolder.length === 1) return inFolder[0]!;
  const missing = candidates.length > 1 ? `int8 file for ${cpu} (${candidates.join(', ')})` : candidates[0];
  const advice =
    choices.length > 0
      ? `There is ${choices.join(', ')}: set EMBEDDING_MODEL_FILE to one of them`
      : 'There is no .onnx file: `optimum-cli export onnx` makes one from a model that has none';
  throw new ConfigError(`${place} has no ${missing}. ${advice}`);
}

/** Where the files lie that a setting can mean: the folder to list. */
export function folderOfFile(wanted: string | undefined): string {
  return wanted === undefined || wanted === 'int8' || wanted === 'fp32'
    ? FOLDER
    : posix.dirname(posix.normalize(wanted));
}

/**
 * What the file is called on rows. All int8 files of a repository have one name: which of them an instance runs depends
 * on its CPU, and instances on two kinds of CPU must not take each other's vectors for those of another model.
 */
export function fileLabel(wanted: string | undefined, file: string): string {
  return wanted === 'int8' ? wanted : file;
}

function candidateFiles(wanted: string | undefined, cpu: CpuKind): string[] {
  if (wanted === 'int8') return [...INT8_VARIANTS[cpu], ...INT8_FOR_ALL].map((name) => `${FOLDER}/model_${name}.onnx`);
  return [wanted === undefined || wanted === 'fp32' ? FP32_FILE : posix.normalize(wanted)];
}
