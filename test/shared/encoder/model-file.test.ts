import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CpuKind, cpuKindOf, detectCpu } from '../../../shared/encoder/cpu.ts';
import { chooseModelFile, fileLabel } from '../../../shared/encoder/model-file.ts';

/** The files of the public model. */
const publicFiles = [
  'config.json',
  'onnx/model.onnx',
  'onnx/model_O4.onnx',
  'onnx/model_qint8_arm64.onnx',
  'onnx/model_qint8_avx512.onnx',
  'onnx/model_qint8_avx512_vnni.onnx',
  'onnx/model_quint8_avx2.onnx',
  'openvino/model.onnx',
];

const choose = (wanted: string | undefined, files: readonly string[] = publicFiles, cpu: CpuKind = 'avx2') =>
  chooseModelFile(files, wanted, { place: 'here', cpu });

test('the ONNX file is the wanted one, onnx/model.onnx, or the only one in onnx/', () => {
  assert.equal(choose(undefined), 'onnx/model.onnx');
  assert.equal(choose('fp32'), 'onnx/model.onnx');
  assert.equal(choose('onnx/model_O4.onnx'), 'onnx/model_O4.onnx');
  assert.equal(choose('./onnx//model_O4.onnx'), 'onnx/model_O4.onnx');
  assert.equal(choose(undefined, ['onnx/model_O4.onnx', 'other.onnx']), 'onnx/model_O4.onnx');
});

test('int8 is the file for this CPU', () => {
  assert.equal(choose('int8', publicFiles, 'avx512_vnni'), 'onnx/model_qint8_avx512_vnni.onnx');
  assert.equal(choose('int8', publicFiles, 'avx512'), 'onnx/model_qint8_avx512.onnx');
  assert.equal(choose('int8', publicFiles, 'avx2'), 'onnx/model_quint8_avx2.onnx');
  assert.equal(choose('int8', publicFiles, 'arm64'), 'onnx/model_qint8_arm64.onnx');
});

test('a CPU takes a file for a lesser one, never one for a better one', () => {
  assert.equal(choose('int8', ['onnx/model_quint8_avx2.onnx'], 'avx512_vnni'), 'onnx/model_quint8_avx2.onnx');
  assert.throws(() => choose('int8', ['onnx/model.onnx', 'onnx/model_qint8_avx512_vnni.onnx'], 'avx512'), {
    name: 'ConfigError',
    message: /^here has no int8 file for avx512 .*There is onnx\/model\.onnx, onnx\/model_qint8_avx512_vnni\.onnx/,
  });
});

test('int8 is the one int8 file of a repository that has one for all', () => {
  for (const file of ['onnx/model_quint8.onnx', 'onnx/model_int8.onnx', 'onnx/model_quantized.onnx']) {
    for (const cpu of ['avx512_vnni', 'arm64'] as const)
      assert.equal(choose('int8', ['onnx/model.onnx', file], cpu), file);
  }
});

test('several ONNX files without onnx/model.onnx leave the choice to the operator', () => {
  assert.throws(() => choose(undefined, ['onnx/a.onnx', 'onnx/b.onnx', 'onnx/b.onnx_data']), {
    name: 'ConfigError',
    message: 'here has no onnx/model.onnx. There is onnx/a.onnx, onnx/b.onnx: set EMBEDDING_MODEL_FILE to one of them',
  });
});

test('on rows all int8 files of a model have one name, any other file its own', () => {
  assert.equal(fileLabel('int8', 'onnx/model_quint8_avx2.onnx'), 'int8');
  assert.equal(fileLabel('fp32', 'onnx/model.onnx'), 'onnx/model.onnx');
  assert.equal(fileLabel(undefined, 'onnx/model.onnx'), 'onnx/model.onnx');
});

test('a CPU is known by its flags', () => {
  const kindOf = (flags: string) => cpuKindOf(`processor\t: 0\nflags\t\t: fpu sse ${flags}\nbugs\t\t:\n`);
  assert.equal(kindOf('avx2 avx512f avx512_vnni'), 'avx512_vnni');
  assert.equal(kindOf('avx2 avx_vnni'), 'avx512_vnni');
  assert.equal(kindOf('avx2 avx512f avx512vl'), 'avx512');
  assert.equal(kindOf('avx avx2'), 'avx2');
  assert.equal(cpuKindOf(''), 'avx2');
});

test('this machine has a CPU of a known kind', async () => {
  assert.equal((await detectCpu()) === 'arm64', process.arch === 'arm64');
});
