import assert from 'node:assert/strict';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readModelFolder } from '../../../shared/encoder/model-folder.ts';
import { openTokenizer } from '../../../shared/encoder/tokenizer.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { copyOfTinyModel, temporaryFolder, tinyModel } from './model-copy.ts';

const tokenizerOf = async (folder: string) => openTokenizer((await readModelFolder(folder)).tokenizer);

async function rejectsWithConfigError(promise: Promise<unknown>, ...texts: string[]) {
  await assert.rejects(promise, (error: Error) => {
    assert.ok(error instanceof ConfigError, String(error));
    for (const text of texts) assert.ok(error.message.includes(text), `${text} is not in: ${error.message}`);
    return true;
  });
}

test('token ids equal those of the Python tokenizer on every line', async () => {
  const tokenizer = await tokenizerOf(tinyModel);
  const lines = (await readFile(join(tinyModel, 'expected.jsonl'), 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, 50);
  for (const line of lines) {
    const { text, ids } = JSON.parse(line);
    assert.deepEqual(tokenizer.tokenize(text), ids, text.slice(0, 80));
  }
  assert.equal(tokenizer.padId, 1);
});

test('a long text is cut to max_seq_length, the special tokens included', async (t) => {
  const folder = await copyOfTinyModel(t, { 'sentence_bert_config.json': { max_seq_length: 5 } });
  const tokenizer = await tokenizerOf(folder);
  const ids = tokenizer.tokenize('o governo federal anuncia medidas');
  assert.equal(ids.length, 5);
  assert.deepEqual([ids[0], ids[4]], [0, 2]);
});

test('a text is read up to 64 characters a token', async () => {
  const tokenizer = await tokenizerOf(tinyModel);
  assert.ok(tokenizer.tokenize(`${' '.repeat(128 * 64 - 1)}a`).length > 2);
  assert.equal(tokenizer.tokenize(`${' '.repeat(128 * 64)}a`).length, 2);
});

test('a single word of 200,000 letters fills a model with a high limit', async (t) => {
  const folder = await copyOfTinyModel(t, { 'sentence_bert_config.json': { max_seq_length: 8192 } });
  const tokenizer = await tokenizerOf(folder);
  assert.equal(tokenizer.tokenize('a'.repeat(200_000)).length, 8192);
});

test('an unpaired surrogate reads as the replacement character', async () => {
  const tokenizer = await tokenizerOf(tinyModel);
  assert.deepEqual(tokenizer.tokenize('meio\udc00 do \ud83dtexto'), tokenizer.tokenize('meio\ufffd do \ufffdtexto'));
});

test('without sentence_bert_config.json the limit is that of the tokenizer', async (t) => {
  const folder = await copyOfTinyModel(t, { 'sentence_bert_config.json': null });
  const tokenizer = await tokenizerOf(folder);
  assert.equal(tokenizer.tokenize('palavra '.repeat(1000)).length, 512);
});

test('do_lower_case lowers the text before it is cut into tokens', async (t) => {
  const folder = await copyOfTinyModel(t, {
    'sentence_bert_config.json': { max_seq_length: 128, do_lower_case: true },
  });
  const tokenizer = await tokenizerOf(folder);
  assert.deepEqual(tokenizer.tokenize('ÁRVORE'), tokenizer.tokenize('árvore'));
});

test('modules.json says where the modules lie', async (t) => {
  const folder = await copyOfTinyModel(t, {
    'modules.json': [
      { idx: 0, name: '0', path: '0_Transformer', type: 'sentence_transformers.models.Transformer' },
      { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
      { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
    ],
  });
  await mkdir(join(folder, '0_Transformer'));
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'sentence_bert_config.json']) {
    await rename(join(folder, name), join(folder, '0_Transformer', name));
  }
  assert.equal((await readModelFolder(folder)).pooling, 'mean');
});

test('a module that would change the vector is refused', async (t) => {
  const folder = await copyOfTinyModel(t, {
    'modules.json': [{ path: '2_Dense', type: 'sentence_transformers.models.Dense' }],
  });
  await rejectsWithConfigError(readModelFolder(folder), 'modules.json', 'Dense');
});

test('pooling other than mean or cls is refused', async (t) => {
  for (const config of [
    { pooling_mode: 'lasttoken' },
    { pooling_mode_max_tokens: true, pooling_mode_mean_tokens: false },
    { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
    {},
  ]) {
    const folder = await copyOfTinyModel(t, { '1_Pooling/config.json': config });
    await rejectsWithConfigError(readModelFolder(folder), '1_Pooling/config.json', 'mean and cls are supported');
  }
});

test('pooling is read in its old and its new form', async (t) => {
  for (const [config, pooling] of [
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, 'cls'],
    [{ pooling_mode: 'mean' }, 'mean'],
  ]) {
    const folder = await copyOfTinyModel(t, { '1_Pooling/config.json': config });
    assert.equal((await readModelFolder(folder)).pooling, pooling);
  }
});

test('a missing file is named, with how to get it', async (t) => {
  for (const path of ['tokenizer.json', 'tokenizer_config.json', '1_Pooling/config.json']) {
    const folder = await copyOfTinyModel(t, { [path]: null });
    await rejectsWithConfigError(tokenizerOf(folder), `${join(folder, path)} is missing`, 'hf download');
  }
});

test('a file that is not what it should be is named', async (t) => {
  const wrongFiles = {
    'tokenizer.json': '{"version": "1.0"',
    'sentence_bert_config.json': { max_seq_length: 'many' },
    'modules.json': { path: '' },
  };
  for (const [path, content] of Object.entries(wrongFiles)) {
    const folder = await copyOfTinyModel(t, { [path]: content });
    await rejectsWithConfigError(tokenizerOf(folder), join(folder, path));
  }
  const folder = await copyOfTinyModel(t, { 'tokenizer.json': { model: { type: 'Unknown' } } });
  await rejectsWithConfigError(tokenizerOf(folder), 'tokenizer.json is not a tokenizer that can be used');
});

test('a folder without ONNX files is refused, with how to make one', async (t) => {
  const folder = await temporaryFolder(t);
  await rejectsWithConfigError(readModelFolder(folder), folder, 'There is no .onnx file', 'optimum-cli');
});

test('a wanted ONNX file that is not there is refused, with those that are', async () => {
  const listed = 'There is onnx/model_quint8.onnx: set EMBEDDING_MODEL_FILE';
  await rejectsWithConfigError(
    readModelFolder(tinyModel, { file: 'onnx/model_O4.onnx' }),
    'has no onnx/model_O4.onnx',
    listed,
  );
});

test('the prompts of the repository are the prefixes, under their newer name and their older one', async (t) => {
  const prompts = { query: 'query: ', passage: 'passage: ' };
  for (const [config, prefixes] of [
    [{ prompts }, prompts],
    [
      { prompts: { document: 'text: ', clustering: 'topic: ' }, default_prompt_name: null },
      { query: '', passage: 'text: ' },
    ],
    [{ __version__: {} }, { query: '', passage: '' }],
  ]) {
    const folder = await copyOfTinyModel(t, { 'config_sentence_transformers.json': config });
    assert.deepEqual((await readModelFolder(folder)).prefixes, prefixes);
  }
});

test('a repository without a pooling module is usable where its pooling is told', async (t) => {
  const folder = await copyOfTinyModel(t, { '1_Pooling/config.json': null });
  assert.equal((await readModelFolder(folder, { pooling: 'cls' })).pooling, 'cls');
});
