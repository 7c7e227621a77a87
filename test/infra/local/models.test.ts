import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMIT, readFiles, startHubServer } from '../../shared/encoder/hub-server.ts';
import { copyOfTinyModel, temporaryFolder, tinyModel } from '../../shared/encoder/model-copy.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

/** The command line on a machine that knows a Hub with one model. */
async function openMachine(t: TestContext) {
  const home = await temporaryFolder(t);
  const hub = await startHubServer(t, await readFiles(tinyModel));
  const cacheDir = join(home, 'models');
  const env = { PATH: process.env.PATH ?? '', HOME: home, HF_ENDPOINT: hub.url, EMBEDDING_CACHE_DIR: cacheDir };
  const models = async (...args: string[]) => {
    const command = spawn(process.execPath, [bin, 'models', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
    return { status: command.exitCode, stdout, stderr };
  };
  return { hub, home, cacheDir, models };
}

test('fetch brings a model into the cache once, and list shows it', async (t) => {
  const { hub, cacheDir, models } = await openMachine(t);
  assert.equal((await models('list')).stdout, 'no models; "destaques models fetch" fetches one\n');
  const fetched = await models('fetch', '--model', 'owner/tiny');
  assert.equal(fetched.status, 0, fetched.stderr);
  assert.match(fetched.stdout, new RegExp(`^owner/tiny {2}commit ${COMMIT} {2}4 MB {2}onnx/model_quint8.onnx\n`));
  const requestCount = hub.requests.length;
  assert.equal((await models('fetch', '--model', 'owner/tiny')).stdout, fetched.stdout);
  assert.equal(hub.requests.length, requestCount);

  const [stored, ...others] = JSON.parse((await models('list', '--json')).stdout);
  assert.deepEqual(others, []);
  assert.deepEqual([stored.name, stored.commit], ['owner/tiny', COMMIT]);
  assert.ok(stored.folder.startsWith(cacheDir));
});

test('fetch makes a folder to be baked into an image, and touches no folder of something else', async (t) => {
  const { home, models } = await openMachine(t);
  const out = join(home, 'baked');
  const args = ['fetch', '--model', 'owner/tiny', '--revision', 'main', '--out', out];
  assert.equal((await models(...args)).status, 0);
  assert.ok((await readdir(out)).includes('model-source.json'));
  assert.equal((await models(...args)).status, 0, 'it is there already');

  await writeFile(join(home, 'file'), '');
  const refused = await models('fetch', '--model', 'owner/tiny', '--out', join(home, 'file'));
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /file is there already, and holds something else: remove it first/);
});

test('fetch names what the Hub lacks', async (t) => {
  const { models } = await openMachine(t);
  const other = await models('fetch', '--model', 'owner/other');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /^error: .* has no public model owner\/other at revision main/);
  assert.equal((await models('fetch', '--model', './folder')).status, 2);
});

test('check compares a model with the vectors beside it, with itself, and its files with what was fetched', async (t) => {
  const { home, cacheDir, models } = await openMachine(t);
  const here = await models('check', '--model', tinyModel, '--json');
  assert.equal(here.status, 0, here.stderr);
  const { model, dimensions, checks } = JSON.parse(here.stdout);
  assert.deepEqual([model, dimensions], ['tiny-xlmr/onnx/model_quint8.onnx', 768]);
  const passed = Object.fromEntries(
    checks.map(({ name, isPassed }: { name: string; isPassed: boolean }) => [name, isPassed]),
  );
  assert.deepEqual(passed, { files: undefined, norms: true, batches: true, expected: true, languages: undefined });

  const absent = await models('check', '--model', 'owner/tiny');
  assert.equal(absent.status, 2);
  assert.match(absent.stderr, /"destaques models fetch --model owner\/tiny" fetches it/);

  await models('fetch', '--model', 'owner/tiny');
  const expected = join(tinyModel, 'expected.jsonl');
  const fetched = await models('check', '--model', 'owner/tiny', '--expected', expected);
  assert.equal(fetched.status, 0, fetched.stderr);
  assert.match(fetched.stdout, new RegExp(`^files {6}ok {6}6 files as fetched from owner/tiny at ${COMMIT}$`, 'm'));
  assert.match(fetched.stdout, /^expected {3}ok {6}cosine of 0\.999\d+ or more to the 50 vectors/m);

  const [folder] = await readdir(cacheDir);
  await writeFile(join(cacheDir, folder!, 'config.json'), '{}');
  const changed = await models('check', '--model', 'owner/tiny', '--expected', expected);
  assert.equal(changed.status, 1);
  assert.match(changed.stdout, /^files {6}FAILED {2}config\.json: [0-9a-f]{64} instead of SHA-256/m);

  await writeFile(join(home, 'empty.jsonl'), '');
  assert.equal((await models('check', '--model', tinyModel, '--expected', join(home, 'empty.jsonl'))).status, 2);
});

test('check fails a model that computes other vectors, and without vectors one that knows no translation', async (t) => {
  const { models } = await openMachine(t);
  const line = JSON.parse((await readFile(join(tinyModel, 'expected.jsonl'), 'utf8')).split('\n')[0]!);
  line.vector[0] += 0.5;
  const wrong = await copyOfTinyModel(t, { 'expected.jsonl': JSON.stringify(line) });
  const compared = await models('check', '--model', wrong);
  assert.equal(compared.status, 1);
  assert.match(compared.stderr, /^error: tiny\/onnx\/model_quint8\.onnx fails: expected\n$/);

  const alone = await copyOfTinyModel(t, { 'expected.jsonl': null });
  const judged = await models('check', '--model', alone);
  assert.match(judged.stdout, /^expected {3}- {7}no vectors to compare with$/m);
  assert.match(judged.stdout, /^languages {2}(ok|FAILED) +\d of 4 sentences nearer to their translation/m);
});
