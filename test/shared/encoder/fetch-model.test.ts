import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fetchModel, type HubModel } from '../../../shared/encoder/fetch-model.ts';
import { createEncoder } from '../../../shared/encoder.ts';
import { ConfigError, RetryableError } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log.ts';
import { type HubServer, readFiles, startHubServer } from './hub-server.ts';
import { temporaryFolder, tinyModel } from './model-copy.ts';
import { isUnitVector } from './vectors.ts';

const neededPaths = [
  '1_Pooling/config.json',
  'config.json',
  'onnx/model_quint8.onnx',
  'sentence_bert_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
];

async function startTinyHub(t: TestContext, more: Record<string, Buffer> = {}) {
  const files = await readFiles(tinyModel);
  const hub = await startHubServer(t, { ...files, 'model.safetensors': Buffer.alloc(10), ...more });
  const cacheDir = await temporaryFolder(t);
  const fetchTiny = (changes: Partial<HubModel> = {}) =>
    fetchModel({ id: 'owner/tiny', revision: 'main', cacheDir, hubUrl: hub.url, ...changes }, { log: silentLogger });
  return { hub, files, cacheDir, fetchTiny };
}

test('a Hub id is fetched once, and used without asking the Hub afterwards', async (t) => {
  const { hub, cacheDir } = await startTinyHub(t);
  const options = { model: 'owner/tiny', cacheDir, hubUrl: `${hub.url}/`, threads: 1 };
  const fetched = await createEncoder(options);
  t.after(() => fetched.close());
  assert.equal(fetched.model, 'owner/tiny/onnx/model_quint8.onnx');

  const requestCount = hub.requests.length;
  const cached = await createEncoder(options);
  t.after(() => cached.close());
  const [vector] = await cached.encode(['Olá']);
  assert.ok(isUnitVector(vector!));
  assert.equal(hub.requests.length, requestCount);
});

test('a pinned revision is part of the name on rows', async (t) => {
  const { hub, cacheDir } = await startTinyHub(t);
  const encoder = await createEncoder({ model: 'owner/tiny', revision: 'main', cacheDir, hubUrl: hub.url });
  t.after(() => encoder.close());
  assert.equal(encoder.model, 'owner/tiny@main/onnx/model_quint8.onnx');
});

test('only the configuration, the tokenizer and one ONNX file are fetched, byte for byte', async (t) => {
  const { hub, files, fetchTiny } = await startTinyHub(t, {
    'openvino/config.json': Buffer.from('{}'),
    'onnx/model_quint8.onnx_data': Buffer.from('weights beside the file'),
  });
  const stored = await readFiles(await fetchTiny());
  assert.deepEqual(Object.keys(stored).sort(), [...neededPaths, 'onnx/model_quint8.onnx_data'].sort());
  for (const path of neededPaths) assert.ok(stored[path]!.equals(files[path]!), path);
  assert.ok(!hub.requests.some((request) => request.includes('safetensors')));
});

test('another file of the same model is fetched beside the first', async (t) => {
  const { files, fetchTiny } = await startTinyHub(t, { 'onnx/model.onnx': Buffer.from('another') });
  const first = await fetchTiny();
  const second = await fetchTiny({ file: 'onnx/model_quint8.onnx' });
  assert.notEqual(first, second);
  assert.equal((await readFiles(first))['onnx/model.onnx']?.toString(), 'another');
  assert.ok((await readFiles(second))['onnx/model_quint8.onnx']!.equals(files['onnx/model_quint8.onnx']!));
});

test('two fetches at once give one whole folder', async (t) => {
  const { cacheDir, fetchTiny } = await startTinyHub(t);
  const [first, second] = await Promise.all([fetchTiny(), fetchTiny()]);
  assert.equal(first, second);
  assert.deepEqual(Object.keys(await readFiles(first)).sort(), neededPaths);
  assert.equal((await readdir(cacheDir)).length, 1);
});

test('an unknown model or revision is a wrong setting that the error names', async (t) => {
  const { fetchTiny, hub, cacheDir } = await startTinyHub(t);
  for (const [changes, named] of [
    [{ id: 'owner/other' }, 'owner/other at revision main'],
    [{ revision: 'v9' }, 'owner/tiny at revision v9'],
  ] as const) {
    await assert.rejects(fetchTiny(changes), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.ok(error.message.includes(`${hub.url} has no public model ${named}`), error.message);
      return true;
    });
  }
  assert.deepEqual(await readdir(cacheDir), []);
});

test('an ONNX file that the repository lacks is a wrong setting, with those it has', async (t) => {
  const { fetchTiny } = await startTinyHub(t);
  await assert.rejects(fetchTiny({ file: 'onnx/model_O4.onnx' }), (error: Error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /owner\/tiny at main has no onnx\/model_O4\.onnx\. There is onnx\/model_quint8\.onnx:/);
    return true;
  });
});

const weights = 'onnx/model_quint8.onnx';
const failures: Record<string, { misbehave: HubServer['misbehave']; named: RegExp }> = {
  'answers 500': {
    misbehave: (path, response) => path === weights && Boolean(response.writeHead(500).end()),
    named: /status 500/,
  },
  'lists a file that is not there': {
    misbehave: (path, response) =>
      path === weights && Boolean(response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()),
    named: /onnx\/model_quint8\.onnx is listed but not there/,
  },
  'breaks off in the middle of a file': {
    misbehave(path, response, content) {
      if (path !== weights || response.req.headers.range) return false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1_000_000), () => response.destroy());
      return true;
    },
    named: /terminated|closed|aborted/,
  },
  'sends less than it lists': {
    misbehave(path, response, content) {
      if (path !== weights || response.req.headers.range) return false;
      response.end(content.subarray(0, 1_000_000));
      return true;
    },
    named: /has 1000000 bytes instead of 4064677/,
  },
  'sends other bytes than it lists': {
    misbehave(path, response, content) {
      if (path !== weights || response.req.headers.range) return false;
      response.end(Buffer.alloc(content.length));
      return true;
    },
    named: /has SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}/,
  },
};

for (const [failure, { misbehave, named }] of Object.entries(failures)) {
  test(`a Hub that ${failure} leaves nothing behind, and the next fetch succeeds`, async (t) => {
    const { hub, cacheDir, fetchTiny } = await startTinyHub(t);
    hub.misbehave = misbehave;
    await assert.rejects(fetchTiny(), (error: Error) => {
      assert.ok(error instanceof RetryableError, String(error));
      assert.ok(error.message.startsWith(`Model owner/tiny could not be fetched from ${hub.url}: `));
      assert.match(error.message, named);
      return true;
    });
    assert.deepEqual(await readdir(cacheDir), []);
    hub.misbehave = () => false;
    assert.deepEqual(Object.keys(await readFiles(await fetchTiny())).sort(), neededPaths);
  });
}

test('a Hub that cannot be reached is worth another try', async (t) => {
  const { hub, fetchTiny } = await startTinyHub(t);
  await hub.close();
  await assert.rejects(fetchTiny(), RetryableError);
});

test('a cache that cannot be written is a wrong setting', async (t) => {
  const { cacheDir, fetchTiny } = await startTinyHub(t);
  await writeFile(join(cacheDir, 'file'), '');
  await assert.rejects(fetchTiny({ cacheDir: join(cacheDir, 'file', 'models') }), {
    name: 'ConfigError',
    message: /^Model cache .*models cannot be written/,
  });
});
