import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startHub } from '../../stand-ins/hub.ts';
import { openTestEmulator, uniqueProject, withoutEmulator } from '../../support/pubsub-emulator.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
after(() => rmSync(folder, { recursive: true }));

const size = 12;
const environment = { PATH: process.env.PATH ?? '', HOME: folder };
const args = (...more: string[]) => {
  const options = ['--source', 'sample', '--articles', String(size), '--port', '0', '--data', join(folder, 'data')];
  return [bin, 'serve', ...options, ...more];
};

/** Starts `serve`; resolves with what it says once it listens. */
async function start(options: string[], env: Record<string, string>) {
  const server = spawn(process.execPath, args(...options), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const line of createInterface({ input: server.stderr })) {
    said += `${line}\n`;
    if (line.startsWith('Ctrl-C')) break;
  }
  const urlOf = (name: string) => new RegExp(`^ {2}${name} +(http\\S+)`, 'm').exec(said)![1]!;
  const stop = async () => {
    server.kill('SIGINT');
    const [code] = (await once(server, 'exit')) as [number | null];
    return code;
  };
  return { said, urlOf, stop };
}

async function countSearchable(api: string): Promise<number> {
  const answer = await fetch(new URL('/search?limit=50', api));
  return ((await answer.json()) as { results: unknown[] }).results.length;
}

/** Whether something listens at `host:port`. */
const answers = (endpoint: string) =>
  fetch(`http://${endpoint}/`).then(
    () => true,
    () => false,
  );

test('on an emulator of its own it scrapes, makes searchable, and ends with it', {
  skip: withoutEmulator,
}, async () => {
  const { said, urlOf, stop } = await start(['--bus', 'emulator'], environment);
  const endpoint = /Bus: +Pub\/Sub emulator at (127\.0\.0\.1:\d+)/.exec(said)![1]!;
  assert.ok(await answers(endpoint));
  await fetch(urlOf('dispatch'), { method: 'POST' });
  while ((await countSearchable(urlOf('api'))) < size) await sleep(200);
  assert.equal(await stop(), 0);
  assert.equal(await answers(endpoint), false, 'the emulator runs on');
});

test('PUBSUB_EMULATOR_HOST chooses that emulator, unless --bus says otherwise', { skip: withoutEmulator }, async () => {
  const emulator = await openTestEmulator();
  const env = { ...environment, PUBSUB_EMULATOR_HOST: emulator.endpoint, GOOGLE_CLOUD_PROJECT: uniqueProject() };
  const given = await start([], env);
  const busLine = `Pub/Sub emulator at ${emulator.endpoint}, project ${env.GOOGLE_CLOUD_PROJECT}`;
  assert.ok(given.said.includes(busLine), given.said);
  assert.equal(await given.stop(), 0);
  assert.ok(await answers(emulator.endpoint), 'it is not ours to end');
  const other = await start(['--bus', 'in-process'], env);
  assert.match(other.said, /^Bus: +in this process$/m);
  assert.equal(await other.stop(), 0);
  await emulator.stop();
});

test('without an emulator it says in one line how to get one, or that the one named does not answer', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const [env, pattern] of [
    [
      { PATH: empty, HOME: folder },
      /^error: No Google Cloud SDK is found: .*gcloud components install pubsub-emulator/,
    ],
    [{ ...environment, PUBSUB_EMULATOR_HOST: '127.0.0.1:1' }, /^error: .* 127\.0\.0\.1:1 does not answer: /],
  ] as const) {
    const options = { encoding: 'utf8', env, timeout: 120_000 } as const;
    const { status, stderr } = spawnSync(process.execPath, args('--bus', 'emulator'), options);
    assert.equal(status, 1);
    assert.match(stderr.trim().split('\n').at(-1)!, pattern);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
  const { status } = spawnSync(process.execPath, args('--bus', 'kafka'), { env: environment });
  assert.equal(status, 2);
});

test('export publishes where the settings say that articles are read', async () => {
  const hub = await startHub();
  await hub.create('me/news');
  const settings = {
    STORAGE_BACKEND: 'huggingface',
    EXPORT_REPO: 'me/news',
    HF_ENDPOINT: hub.url,
    HF_TOKEN: 'hf_test',
  };
  const { urlOf, stop } = await start(['--bus', 'in-process'], { ...environment, ...settings });
  const before = hub.requests().length;
  const answer = await fetch(urlOf('export'), { method: 'POST' });
  assert.equal(answer.status, 200, await answer.text());
  assert.ok(
    hub
      .requests()
      .slice(before)
      .some((line) => line.includes('/api/datasets/me/news/')),
  );
  assert.equal(await stop(), 0);
  await hub.close();
});

test('before its first export the dataset that articles are read from is empty', async () => {
  const env = { ...environment, STORAGE_BACKEND: 'huggingface' };
  const { urlOf, stop } = await start(['--bus', 'in-process', '--data', join(folder, 'unexported')], env);
  const article = await fetch(new URL('/articles/nada_0a1b2c', urlOf('api')));
  assert.equal(article.status, 404, await article.text());
  assert.equal(await countSearchable(urlOf('api')), 0);
  assert.equal(await stop(), 0);
});
