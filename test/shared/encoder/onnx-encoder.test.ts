import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readModelFolder } from '../../../shared/encoder/model-folder.ts';
import { createOnnxEncoder, type OnnxEncoderOptions } from '../../../shared/encoder/onnx-encoder.ts';
import { openTokenizer } from '../../../shared/encoder/tokenizer.ts';
import { ConfigError, PermanentError } from '../../../shared/errors.ts';
import { copyOfTinyModel, tinyModel } from './model-copy.ts';
import { writeSumModel } from './onnx-file.ts';
import { cosine, hostileTexts, isUnitVector } from './vectors.ts';

interface ExpectedLine {
  text: string;
  ids: number[];
  vector: number[];
}

let expected: ExpectedLine[];

before(async () => {
  const lines = await readFile(join(tinyModel, 'expected.jsonl'), 'utf8');
  expected = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(expected.length, 50);
});

async function openTinyModel(t: TestContext, options: Partial<OnnxEncoderOptions> = {}) {
  const encoder = await createOnnxEncoder({ folder: tinyModel, name: 'tiny', threads: 1, ...options });
  t.after(() => encoder.close());
  return encoder;
}

test('the vectors are those of sentence-transformers, in the order of the texts', async (t) => {
  const encoder = await openTinyModel(t);
  const vectors = await encoder.encode(expected.map(({ text }) => text));
  for (const [index, line] of expected.entries()) {
    const similarity = cosine(vectors[index]!, line.vector);
    assert.ok(similarity >= 0.999, `line ${index}: ${similarity}`);
  }
});

test('the model is named by its name and file', async (t) => {
  const encoder = await openTinyModel(t);
  assert.equal(encoder.model, 'tiny/onnx/model_quint8.onnx');
  assert.equal(encoder.dimensions, 768);
});

test('every text has a unit vector', async (t) => {
  const encoder = await openTinyModel(t);
  const vectors = await encoder.encode(hostileTexts);
  assert.equal(vectors.length, hostileTexts.length);
  for (const [index, vector] of vectors.entries()) assert.ok(isUnitVector(vector), `text ${index}`);
});

test('no texts give no vectors', async (t) => {
  const encoder = await openTinyModel(t);
  assert.deepEqual(await encoder.encode([]), []);
});

test('a text has the same direction alone and in any batch', async (t) => {
  const texts = expected.slice(30).map(({ text }) => text);
  const alone = await (await openTinyModel(t, { batchSize: 1 })).encode(texts);
  const together = await (await openTinyModel(t, { batchSize: 7 })).encode(texts);
  for (const [index, vector] of together.entries()) {
    assert.ok(cosine(vector, alone[index]!) >= 0.999, `text ${index}: ${cosine(vector, alone[index]!)}`);
  }
});

test('cls pooling takes the vector of the first token', async (t) => {
  const folder = await copyOfTinyModel(t, { '1_Pooling/config.json': { pooling_mode: 'cls' } });
  const encoder = await openTinyModel(t, { folder, batchSize: 1 });
  const { text, ids } = expected[0]!;
  const [vector] = await encoder.encode([text]);

  const session = await InferenceSession.create(join(folder, 'onnx/model_quint8.onnx'));
  t.after(() => session.release());
  const { last_hidden_state } = await session.run({
    input_ids: new Tensor('int64', BigInt64Array.from(ids.map(BigInt)), [1, ids.length]),
    attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
  });
  const firstToken = (last_hidden_state!.data as Float32Array).subarray(0, 768);
  assert.ok(cosine(vector!, firstToken) > 0.999_99);
  assert.ok(cosine(vector!, expected[0]!.vector) < 0.99);
});

test('closing waits for what is being encoded, and nothing is encoded afterwards', async () => {
  const encoder = await createOnnxEncoder({ folder: tinyModel, name: 'tiny', batchSize: 1 });
  const pending = encoder.encode(['um', 'dois', 'três']);
  await encoder.close();
  assert.equal((await pending).length, 3);
  await assert.rejects(encoder.encode(['quatro']));
});

async function folderWithSumModel(t: TestContext, options: Parameters<typeof writeSumModel>[1]) {
  const folder = await copyOfTinyModel(t);
  await writeSumModel(join(folder, 'onnx/model.onnx'), options);
  return { folder, name: 'sum' };
}

test('a model that asks for token_type_ids gets them, as zeros', async (t) => {
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];
  const encoder = await createOnnxEncoder(await folderWithSumModel(t, { inputs }));
  t.after(() => encoder.close());
  assert.equal(encoder.model, 'sum/onnx/model.onnx');
  assert.equal(encoder.dimensions, 1);
  assert.deepEqual(await encoder.encode(['um', 'dois']), [Float32Array.of(1), Float32Array.of(1)]);
});

test('refuses a model with an input it does not know', async (t) => {
  const options = await folderWithSumModel(t, { inputs: ['input_ids', 'pixel_values'] });
  await assert.rejects(createOnnxEncoder(options), (error: Error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /onnx\/model\.onnx asks for the input pixel_values/);
    return true;
  });
});

test('refuses a model that does not give one vector a token', async (t) => {
  const options = await folderWithSumModel(t, { inputs: ['input_ids', 'attention_mask'], rank: 2 });
  await assert.rejects(createOnnxEncoder(options), (error: Error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /gives output as float32\[1,2\], not as float32\[1,2,dimensions\]/);
    return true;
  });
});

test('refuses an ONNX file that is cut off or empty, and names it', async (t) => {
  const whole = await readFile(join(tinyModel, 'onnx/model_quint8.onnx'));
  for (const content of [whole.subarray(0, 100_000), Buffer.alloc(0)]) {
    const folder = await copyOfTinyModel(t);
    await rm(join(folder, 'onnx/model_quint8.onnx'));
    await writeFile(join(folder, 'onnx/model.onnx'), content);
    await assert.rejects(createOnnxEncoder({ folder, name: 'tiny' }), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(error.message.includes(join(folder, 'onnx/model.onnx')));
      return true;
    });
  }
});

test('calls that overlap share inferences, and each gets its own vectors', async (t) => {
  const encoder = await openTinyModel(t);
  const all = await encoder.encode(expected.map(({ text }) => text));
  const single = await Promise.all(expected.map(({ text }) => encoder.encode([text])));
  for (const [index, [vector]] of single.entries()) {
    assert.ok(cosine(vector!, all[index]!) >= 0.999, `text ${index}`);
    assert.ok(cosine(vector!, expected[index]!.vector) >= 0.999, `text ${index}`);
  }
});

test('batches of mixed lengths, the empty text among them, lose nothing at the usual batch size', async (t) => {
  const encoder = await openTinyModel(t);
  const texts = expected.flatMap(({ text }) => [text, '', text.slice(0, 20)]);
  const vectors = await encoder.encode(texts);
  const alone = await openTinyModel(t, { batchSize: 1 });
  for (const [index, vector] of (await alone.encode(texts)).entries()) {
    assert.ok(cosine(vector, vectors[index]!) >= 0.999, `text ${index}: ${cosine(vector, vectors[index]!)}`);
  }
});

test('the event loop turns while an inference runs', async (t) => {
  const encoder = await openTinyModel(t, { batchSize: 64 });
  let turns = 0;
  let isEncoding = true;
  const count = () => {
    turns++;
    if (isEncoding) setImmediate(count);
  };
  setImmediate(count);
  await encoder.encode(Array<string>(64).fill(expected[0]!.text));
  isEncoding = false;
  assert.ok(turns > 100, `${turns} turns`);
});

test('a text has the prefix of its kind, and the prefix of articles belongs to the name of the model', async (t) => {
  const plain = await openTinyModel(t);
  const encoder = await openTinyModel(t, { queryPrefix: 'query:', passagePrefix: 'passage:' });
  assert.equal(encoder.model, 'tiny/onnx/model_quint8.onnx?prefix=passage%3A');
  for (const [options, prefix] of [
    [{ kind: 'query' }, 'query: '],
    [{ kind: 'passage' }, 'passage: '],
    [{}, 'passage: '],
  ] as const) {
    const [vector] = await encoder.encode(['merenda escolar'], options);
    const [prefixed] = await plain.encode([`${prefix}merenda escolar`]);
    assert.ok(cosine(vector!, prefixed!) > 0.999_99, prefix);
  }
});

test('the prompts of the repository are prefixes, and a setting goes before them', async (t) => {
  const prompts = { query: 'query: ', document: 'passage: ' };
  const folder = await copyOfTinyModel(t, { 'config_sentence_transformers.json': { prompts } });
  const plain = await openTinyModel(t);
  const encoder = await openTinyModel(t, { folder, queryPrefix: 'busca:' });
  assert.equal(encoder.model, 'tiny/onnx/model_quint8.onnx', 'what queries begin with changes no row');
  const [[query], [passage]] = [
    await encoder.encode(['merenda'], { kind: 'query' }),
    await encoder.encode(['merenda']),
  ];
  const [queryAsItIs, passageAsItIs] = await plain.encode(['busca: merenda', 'passage: merenda']);
  assert.ok(cosine(query!, queryAsItIs!) > 0.999);
  assert.ok(cosine(passage!, passageAsItIs!) > 0.999);
});

test('a lower limit of tokens cuts texts shorter, and belongs to the name of the model', async (t) => {
  const encoder = await openTinyModel(t, { maxTokens: 8 });
  assert.equal(encoder.model, 'tiny/onnx/model_quint8.onnx?tokens=8');
  const [short, long] = await encoder.encode(['a a a a a a', `a a a a a a ${'outra coisa '.repeat(20)}`]);
  assert.ok(cosine(short!, long!) > 0.999);
  assert.equal((await openTinyModel(t, { maxTokens: 512 })).model, 'tiny/onnx/model_quint8.onnx');
});

test('int8 is a file of the repository, under one name on every machine', async (t) => {
  const encoder = await openTinyModel(t, { file: 'int8' });
  assert.equal(encoder.model, 'tiny/int8');
});

test('a text without a vector fails alone, and for good', async (t) => {
  const folder = await copyOfTinyModel(t);
  const tokenizer = await openTokenizer((await readModelFolder(folder)).tokenizer);
  const text = ['a', 'e', 'o', 'de', 'da', 'do'].find((word) => sum(tokenizer.tokenize(word)) % 3 === 0)!;
  // The mean of its three tokens is 0, a direction that is none.
  await writeSumModel(join(folder, 'onnx/model.onnx'), {
    inputs: ['input_ids'],
    minus: sum(tokenizer.tokenize(text)) / 3,
  });
  const encoder = await openTinyModel(t, { folder });
  const [alone, failed] = await Promise.allSettled([encoder.encode(['outro']), encoder.encode([text])]);
  assert.equal(alone.status, 'fulfilled');
  assert.ok(failed.status === 'rejected' && failed.reason instanceof PermanentError, String(failed));
  assert.match(failed.reason.message, /computes no vector for this text/);
});

test('a model without a vector for any text is refused', async (t) => {
  const options = await folderWithSumModel(t, { inputs: ['token_type_ids'] });
  await assert.rejects(createOnnxEncoder(options), { name: 'ConfigError', message: /computes no vector/ });
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
