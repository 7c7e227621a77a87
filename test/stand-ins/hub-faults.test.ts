import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { downloadFile, HubApiError, listFiles, uploadFiles, whoAmI } from '@huggingface/hub';
import { type HubStandIn, startHub } from './hub.ts';
import type { HubStep } from './hub-faults.ts';

describe('faults of the Hub stand-in', () => {
  let hub: HubStandIn;
  let number = 0;
  let name: string;
  let about: { repo: { type: 'dataset'; name: string }; accessToken: string; hubUrl: string };
  before(async () => {
    hub = await startHub({ partSizeBytes: 1000 });
  });
  after(() => hub.close());
  beforeEach(async () => {
    hub.recover();
    number += 1;
    name = `destaques/news-${number}`;
    about = { repo: { type: 'dataset', name }, accessToken: 'hf_test', hubUrl: hub.url };
    await hub.create(name);
  });

  const upload = (sizeBytes: number, content = randomBytes(sizeBytes)) =>
    uploadFiles({ ...about, files: [{ path: 'a.parquet', content: new Blob([content]) }] });
  const commitCount = async () => (await hub.commits(name)).length;
  async function list() {
    for await (const _ of listFiles(about)) return;
  }

  const doing: Partial<Record<HubStep, () => Promise<unknown>>> = {
    whoami: () => whoAmI(about),
    tree: list,
    preupload: () => upload(10),
    batch: () => upload(10),
    put: () => upload(10),
    complete: () => upload(2500),
    commit: () => upload(10),
  };
  for (const [step, work] of Object.entries(doing) as [HubStep, () => Promise<unknown>][]) {
    test(`fails at ${step} as often as told, and then no more`, async () => {
      hub.failAt(step, { status: 502, count: 2 });
      for (const _ of [1, 2]) {
        await assert.rejects(work(), (error) => error instanceof HubApiError && error.statusCode === 502);
      }
      assert.equal(await commitCount(), 1);
      await work();
    });

    test(`cuts the connection at ${step}`, async () => {
      hub.dropAt(step);
      await assert.rejects(work(), (error) => !(error instanceof HubApiError));
      assert.equal(await commitCount(), 1);
      await work();
    });
  }

  test('answers 500 after the commit landed', async () => {
    hub.failAt('commit', { status: 500, when: 'after' });
    await assert.rejects(upload(10), { statusCode: 500 });
    assert.equal(await commitCount(), 2);
  });

  test('cuts the connection after the commit landed', async () => {
    hub.dropAt('commit', { when: 'after' });
    await assert.rejects(upload(10), { message: 'fetch failed' });
    assert.equal(await commitCount(), 2);
  });

  test('a refused commit is refused, whatever was to happen after it', async () => {
    hub.failAt('commit', { status: 500, when: 'after' });
    const stale = { parentCommit: 'a'.repeat(40), files: [{ path: 'a.txt', content: new Blob(['A']) }] };
    await assert.rejects(uploadFiles({ ...about, ...stale }), { statusCode: 412 });
  });

  test('keeps an object whose upload was answered with an error', async () => {
    const content = randomBytes(10);
    hub.failAt('put', { when: 'after' });
    await assert.rejects(upload(10, content), { statusCode: 503 });
    hub.failAt('put');
    await upload(10, content);
    assert.equal(await commitCount(), 2);
  });

  test('fails in the middle of a row of parts', async () => {
    hub.failAt('put', { skip: 2 });
    await assert.rejects(upload(4500), { statusCode: 503 });
    await upload(4500);
  });

  test('sends headers of its own with a failure, and for 429 those of the Hub', async () => {
    const ask = () => fetch(`${hub.url}/api/datasets/${name}`);
    hub.failAt('info', { status: 429 });
    hub.failAt('info', { status: 429, headers: { 'Retry-After': '7' } });
    const { headers, status } = await ask();
    assert.equal(status, 429);
    assert.equal(headers.get('ratelimit'), '"api";r=0;t=1');
    assert.equal(headers.get('ratelimit-policy'), '"fixed window";"api";q=1000;w=300');
    assert.equal((await ask()).headers.get('retry-after'), '7');
    assert.equal((await ask()).status, 200);
  });

  test('cuts a download in the middle', async () => {
    const content = randomBytes(900);
    await upload(900, content);
    const blob = await downloadFile({ ...about, path: 'a.parquet' });
    hub.dropAt('download');
    await assert.rejects(blob!.arrayBuffer());
    assert.deepEqual(Buffer.from(await blob!.arrayBuffer()), content);
  });

  for (const [when, commits] of [['before', 1] as const, ['after', 2] as const]) {
    test(`stalls ${when} the work, while the client waits`, async () => {
      hub.stallAt('commit', { ms: 600_000, when });
      const controller = new AbortController();
      const files = [{ path: 'a.txt', content: new Blob(['A']) }];
      const uploaded = assert.rejects(uploadFiles({ ...about, files, abortSignal: controller.signal }), {
        name: 'AbortError',
      });
      const hasCome = () => hub.requests().includes(`POST /api/datasets/${name}/commit/main`);
      const deadline = Date.now() + 30_000;
      while (!(hasCome() && (await commitCount()) === commits) && Date.now() < deadline) await sleep(5);
      controller.abort();
      await uploaded;
      assert.equal(await commitCount(), commits);
    });
  }

  test('is told over HTTP, too', async () => {
    const tell = (path: string, body: object = {}) =>
      fetch(`${hub.url}/_stand-in/${path}`, { method: 'POST', body: JSON.stringify(body) }).then((it) => it.json());
    assert.deepEqual(await tell('fail-at', { step: 'commit', status: 500, when: 'after' }), { ok: true });
    await assert.rejects(upload(10), { statusCode: 500 });
    await tell('drop-at', { step: 'tree' });
    await assert.rejects(list());
    await tell('stall-at', { step: 'tree', ms: 1 });
    await tell('fail', { count: 1, status: 504 });
    await assert.rejects(list(), { statusCode: 504 });
    await tell('fail-at', { step: 'tree', count: 9 });
    await tell('recover');
    await list();
    const requests = (await (await fetch(`${hub.url}/_stand-in/requests`)).json()) as string[];
    assert.equal(requests.at(-1), `GET /api/datasets/${name}/tree/main`);
    assert.equal((await fetch(`${hub.url}/_stand-in/nothing`)).status, 404);
  });
});
