import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { createEncoder, encoderOptions, encoderSettings } from '../../shared/encoder.ts';
import { ConfigError } from '../../shared/errors.ts';
import { copyOfTinyModel, temporaryFolder, tinyModel } from './encoder/model-copy.ts';
import { writeSumModel } from './encoder/onnx-file.ts';

const settingsOf = (environment: NodeJS.ProcessEnv) =>
  encoderOptions(loadConfig(z.object(encoderSettings), environment));

async function configErrorOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.message;
}

test('lexical is chosen by its name', async () => {
  const encoder = await createEncoder({ model: 'lexical' });
  assert.equal(encoder.model, 'lexical-hash-768-v1');
});

test('a folder is named by its last part and the file', async (t) => {
  const encoder = await createEncoder({ model: `${tinyModel}/`, threads: 1 });
  t.after(() => encoder.close());
  assert.equal(encoder.model, 'tiny-xlmr/onnx/model_quint8.onnx');
});

test('a missing folder is named, with every way to get a model', async (t) => {
  const folder = join(await temporaryFolder(t), 'models', 'none');
  const message = await configErrorOf(createEncoder({ model: folder }));
  assert.ok(message.startsWith(`Model folder ${folder} does not exist.`), message);
  assert.match(message, /hf download OWNER\/NAME --local-dir .*none.* Hub id .* "lexical"/);
});

test('a file in place of a folder is called one, even where it could be a Hub id', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'model.onnx'), '');
  const message = await configErrorOf(createEncoder({ model: join(folder, 'model.onnx') }));
  assert.ok(message.startsWith(`Model folder ${join(folder, 'model.onnx')} is a file.`), message);
  for (const model of ['package.json', 'shared/encoder.ts']) {
    assert.match(await configErrorOf(createEncoder({ model })), /^Model folder .* is a file\./);
  }
});

test('a path is never taken for a Hub id', async () => {
  for (const model of ['./none', '../none/none', '/none/none', 'none', '~/none', 'a/b/c', 'C:\\none', '']) {
    assert.match(await configErrorOf(createEncoder({ model })), /^Model folder .* does not exist/);
  }
});

test('a model of another dimension than the database is refused', async (t) => {
  const folder = await copyOfTinyModel(t);
  await writeSumModel(join(folder, 'onnx/model.onnx'), { inputs: ['input_ids', 'attention_mask'] });
  assert.equal(
    await configErrorOf(createEncoder({ model: folder })),
    'Model tiny/onnx/model.onnx computes 1 dimensions, but vectors are stored with 768 (EMBEDDING_DIMENSIONS)',
  );
});

test('the environment gives the options', () => {
  const options = settingsOf({
    EMBEDDING_MODEL: 'owner/name\n',
    EMBEDDING_MODEL_REVISION: 'abc',
    EMBEDDING_MODEL_FILE: 'onnx/model_O4.onnx',
    EMBEDDING_CACHE_DIR: join(homedir(), 'models'),
    EMBEDDING_THREADS: '2',
    EMBEDDING_BATCH_SIZE: '16',
    EMBEDDING_MAX_TOKENS: '512',
    EMBEDDING_POOLING: 'cls',
    EMBEDDING_QUERY_PREFIX: 'query: ',
    EMBEDDING_PASSAGE_PREFIX: 'passage: ',
    EMBEDDING_DIMENSIONS: '1024',
    HF_ENDPOINT: 'http://127.0.0.1:8080',
  });
  assert.deepEqual(options, {
    model: 'owner/name',
    revision: 'abc',
    file: 'onnx/model_O4.onnx',
    threads: 2,
    batchSize: 16,
    maxTokens: 512,
    pooling: 'cls',
    queryPrefix: 'query:',
    passagePrefix: 'passage:',
    cacheDir: join(homedir(), 'models'),
    hubUrl: 'http://127.0.0.1:8080',
    dimensions: 1024,
  });
});

test('an environment without a model is refused, as is one with a wrong number', () => {
  assert.throws(() => settingsOf({}), /EMBEDDING_MODEL: is not set/);
  assert.throws(() => settingsOf({ EMBEDDING_MODEL: 'lexical', EMBEDDING_THREADS: '0' }), /EMBEDDING_THREADS/);
  assert.throws(() => settingsOf({ EMBEDDING_MODEL: 'lexical', HF_ENDPOINT: 'huggingface' }), /HF_ENDPOINT/);
});
