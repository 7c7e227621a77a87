import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cachedModelFolder, fetchModel, type HubModel } from '../../../shared/encoder/fetch-model.ts';
import { readModelSource } from '../../../shared/encoder/model-source.ts';
import { createEncoder } from '../../../shared/encoder.ts';
import { ConfigError, RetryableError } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log.ts';
import { COMMIT, type HubServer, readFiles, startHubServer } from './hub-server.ts';
import { temporaryFolder, tinyModel } from './model-copy.ts';
import { isUnitVector } from './vectors.ts';

const neededPaths = [
  '1_Pooling/config.json',
  'config.json',
  'model-source.json',
  'onnx/model_quint8.onnx',
  'sentence_bert_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
];

async function startTinyHub(t: TestContext, more: Record<string, Buffer> = {}) {
  const files = await readFiles(tinyModel);
  const hub = await startHubServer(t, { ...files, 'model.safetensors': Buffer.alloc(10), ...more });
  const cacheDir = await temporaryFolder(t);
  const fetchTiny = async (changes: Partial<HubModel> = {}) => {
    const model: HubModel = { id: 'owner/tiny', revision: 'main', hubUrl: hub.url, ...changes };
    const folder = cachedModelFolder(cacheDir, model);
    await fetchModel(model, folder, { log: silentLogger });
    return folder;
  };
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
  for (const path of Object.keys(files))
    if (path !== 'expected.jsonl') assert.ok(stored[path]!.equals(files[path]!), path);
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
  test(`a Hub that ${failure} leaves no model behind, and the next fetch succeeds`, async (t) => {
    const { hub, cacheDir, fetchTiny } = await startTinyHub(t);
    hub.misbehave = misbehave;
    await assert.rejects(fetchTiny(), (error: Error) => {
      assert.ok(error instanceof RetryableError, String(error));
      assert.ok(error.message.startsWith(`Model owner/tiny could not be fetched from ${hub.url}: `));
      assert.match(error.message, named);
      return true;
    });
    assert.ok((await readdir(cacheDir)).every((name) => name.startsWith('.partial-')));
    hub.misbehave = () => false;
    assert.deepEqual(Object.keys(await readFiles(await fetchTiny())).sort(), neededPaths);
    assert.equal((await readdir(cacheDir)).length, 1);
  });
}

test('a Hub that cannot be reached is worth another try', async (t) => {
  const { hub, fetchTiny } = await startTinyHub(t);
  await hub.close();
  await assert.rejects(fetchTiny(), RetryableError);
});

test('a cache that cannot be written is a wrong setting', async (t) => {
  const { hub, cacheDir } = await startTinyHub(t);
  await writeFile(join(cacheDir, 'file'), '');
  const fetching = fetchModel({ id: 'owner/tiny', hubUrl: hub.url }, join(cacheDir, 'file', 'tiny'), {
    log: silentLogger,
  });
  await assert.rejects(fetching, { name: 'ConfigError', message: /^Model folder .*tiny cannot be written/ });
});

test('a fetch that broke off is gone on with: only the rest is asked for', async (t) => {
  const { hub, files, cacheDir, fetchTiny } = await startTinyHub(t);
  hub.misbehave = failures['breaks off in the middle of a file']!.misbehave;
  await assert.rejects(fetchTiny(), RetryableError);
  const [left] = await readdir(cacheDir);
  const { size } = await stat(join(cacheDir, left!, `${weights}.part`));
  assert.ok(size > 0 && size < files[weights]!.length);

  hub.misbehave = () => false;
  const alreadySent = hub.sent.splice(0).map(({ path }) => path);
  const stored = await readFiles(await fetchTiny());
  assert.ok(stored[weights]!.equals(files[weights]!));
  assert.deepEqual(
    hub.sent.find(({ path }) => path === weights),
    { path: weights, start: size },
  );
  for (const path of alreadySent) assert.ok(!hub.sent.some((sent) => sent.path === path), `${path} was sent twice`);
});

test('what a killed process left is gone on with once nothing was written for a while', async (t) => {
  const { hub, cacheDir, fetchTiny } = await startTinyHub(t);
  const key = basename(cachedModelFolder(cacheDir, { id: 'owner/tiny', revision: 'main', hubUrl: hub.url }));
  const content = await readFile(join(tinyModel, weights));
  const abandoned = join(cacheDir, `.partial-${key}--killed`);
  const busy = join(cacheDir, `.partial-${key}--busy`);
  for (const folder of [abandoned, busy]) {
    await mkdir(join(folder, 'onnx'), { recursive: true });
    await writeFile(join(folder, `${weights}.part`), content.subarray(0, 1000));
  }
  const longAgo = Date.now() / 1000 - 3600;
  for (const path of [`${weights}.part`, 'onnx', '']) await utimes(join(abandoned, path), longAgo, longAgo);

  await fetchTiny();
  assert.deepEqual(
    hub.sent.find(({ path }) => path === weights),
    { path: weights, start: 1000 },
  );
  assert.deepEqual((await readdir(cacheDir)).sort(), [basename(busy), key].sort());
});

test('a configuration file of other bytes than listed is refused', async (t) => {
  const { hub, fetchTiny } = await startTinyHub(t);
  hub.misbehave = (path, response, content) =>
    path === 'config.json' && !response.req.headers.range && Boolean(response.end(Buffer.alloc(content.length, ' ')));
  await assert.rejects(fetchTiny(), /config\.json has Git object id [0-9a-f]{40} instead of [0-9a-f]{40}/);
});

test('the folder says where its files come from, and keeps its name wherever it is copied', async (t) => {
  const { files, fetchTiny } = await startTinyHub(t);
  const folder = await fetchTiny();
  const source = await readModelSource(folder);
  assert.deepEqual([source?.id, source?.revision, source?.commit], ['owner/tiny', 'main', COMMIT]);
  const sha256 = createHash('sha256').update(files[weights]!).digest('hex');
  assert.deepEqual(source?.files[weights], { sizeBytes: 4_064_677, sha256 });

  const copy = join(await temporaryFolder(t), 'baked');
  await cp(folder, copy, { recursive: true });
  const encoder = await createEncoder({ model: copy, threads: 1 });
  t.after(() => encoder.close());
  assert.equal(encoder.model, 'owner/tiny@main/onnx/model_quint8.onnx');

  await writeFile(join(copy, 'model-source.json'), '{}');
  await assert.rejects(createEncoder({ model: copy }), {
    name: 'ConfigError',
    message: /model-source\.json is damaged/,
  });
});

test('int8 is the file of this machine, or one for each kind of CPU that will run it', async (t) => {
  const variants = ['qint8_avx512_vnni', 'qint8_avx512', 'quint8_avx2', 'qint8_arm64'];
  const more = variants.map((name) => [`onnx/model_${name}.onnx`, Buffer.from(name)]);
  const { hub, cacheDir, fetchTiny } = await startTinyHub(t, Object.fromEntries(more));
  const onnxFiles = async (folder: string) => (await readdir(join(folder, 'onnx'))).sort();
  assert.equal((await onnxFiles(await fetchTiny({ file: 'int8' }))).length, 1);

  const folder = join(cacheDir, 'every');
  const cpus = ['avx2', 'avx512', 'avx512_vnni'] as const;
  await fetchModel({ id: 'owner/tiny', file: 'int8', hubUrl: hub.url }, folder, { log: silentLogger, cpus });
  assert.deepEqual(await onnxFiles(folder), [
    'model_qint8_avx512.onnx',
    'model_qint8_avx512_vnni.onnx',
    'model_quint8_avx2.onnx',
  ]);
});
