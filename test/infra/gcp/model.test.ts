import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../infra/build/root.ts';
import { type Environment, openEnvironment } from '../../../infra/gcp/environment.ts';
import { functionVariables } from '../../../infra/gcp/function-variables.ts';
import { modelName, modelPath } from '../../../infra/gcp/model.ts';
import { writeModelSource } from '../../../shared/encoder/model-source.ts';
import { createEncoder } from '../../../shared/encoder.ts';
import { type FunctionName, pipeline } from '../../../shared/pipeline.ts';
import { synthesizeWith } from './resources.ts';

test('reconcile is told the name that a fetched model has on rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  try {
    await cp(join(root, 'test/fixtures/models/tiny-xlmr'), folder, { recursive: true });
    for (const file of ['int8', 'onnx/model_quint8.onnx']) {
      const { model } = openEnvironment('prod', { 'model.file': file });
      const { id, revision } = model;
      await writeModelSource(folder, { id, revision, commit: revision, files: {} });
      const encoder = await createEncoder({ model: folder, file });
      assert.equal(modelName(model), encoder.model);
      await encoder.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the file of full precision is refused where it does not fit', () => {
  const environment = openEnvironment('prod', { 'model.file': 'onnx/model.onnx', 'model.fileMiB': '1060' });
  assert.throws(() => synthesizeWith({}, environment), /embed has 2048 MiB, too small for the model/);
});

test('functions are told of vectors of another length, and api alone of the model before', () => {
  const usual = openEnvironment('prod');
  const { fileMiB: _, ...former } = usual.model;
  const changed = { ...usual, model: { ...usual.model, dimensions: 1024 }, formerModel: former };
  const variables = (name: FunctionName, environment: Environment) => {
    const entry = pipeline.find((candidate) => candidate.name === name)!;
    return functionVariables(entry, environment, { instanceConnectionName: 'p:r:i', databaseUser: 'user' });
  };
  for (const name of ['embed', 'sync', 'reconcile', 'api'] as const) {
    assert.equal(variables(name, changed).EMBEDDING_DIMENSIONS, '1024', name);
    assert.equal('EMBEDDING_DIMENSIONS' in variables(name, usual), false, name);
  }
  assert.equal(variables('api', changed).EMBEDDING_MODEL_FORMER, modelPath(former));
  assert.equal('EMBEDDING_MODEL_FORMER' in variables('embed', changed), false);
});
