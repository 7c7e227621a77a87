import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { uploadFiles } from '@huggingface/hub';
import { createDatasetQuery } from '../../shared/dataset-query.ts';
import { openHubSource } from '../../shared/hub-files.ts';
import { openDataset } from '../../shared/storage.ts';
import { type HubStandIn, startHub } from '../stand-ins/hub.ts';
import { datasetRow, writeShard } from '../support/dataset.ts';

const id = 'destaques/news';

describe('queries of a dataset on the Hub', () => {
  let hub: HubStandIn;
  let folder: string;
  before(async () => {
    hub = await startHub();
    folder = await mkdtemp(join(tmpdir(), 'query-hub-'));
    await hub.create(id);
    const paths = ['data/train-2026-01.parquet', 'data/train-2026-02.parquet'];
    await writeShard(folder, paths[0]!, [datasetRow('janeiro', '2026-01-05T12:00:00Z')]);
    await writeShard(folder, paths[1]!, [datasetRow('fevereiro', '2026-02-05T12:00:00Z')]);
    const files = await Promise.all(
      paths.map(async (path) => ({ path, content: new Blob([await readFile(join(folder, path))]) })),
    );
    await uploadFiles({ repo: { type: 'dataset', name: id }, accessToken: 'hf_test', hubUrl: hub.url, files });
  });
  after(async () => {
    await hub?.close();
    await rm(folder, { recursive: true });
  });

  test('reads a row in ranges of the shard that its instant names, at the commit that is the head', async () => {
    const dataset = openDataset({ id, branch: 'main', endpoint: hub.url, token: 'hf_test' });
    const before = hub.requests().length;
    const row = await dataset.find('janeiro', Date.parse('2026-01-05T12:00:00Z') * 1000);
    assert.equal(row?.title, 'Título de janeiro');
    const asked = hub.requests().slice(before);
    const head = (await hub.commits(id))[0]!.oid;
    const resolved = asked.filter((line) => line.includes('/resolve/'));
    assert.deepEqual([...new Set(resolved)], [`GET /datasets/${id}/resolve/${head}/data/train-2026-01.parquet`]);
    assert.equal(resolved.length, 3, 'the footer, the ids and the row');
  });

  test('reads an earlier commit, where that is named in place of a branch', async () => {
    const good = (await hub.commits(id))[0]!.oid;
    const path = 'data/train-2026-02.parquet';
    await writeShard(folder, path, [datasetRow('fevereiro', '2026-02-05T12:00:00Z', { title: 'Falso' })]);
    const files = [{ path, content: new Blob([await readFile(join(folder, path))]) }];
    await uploadFiles({ repo: { type: 'dataset', name: id }, accessToken: 'hf_test', hubUrl: hub.url, files });
    const title = async (branch: string) =>
      (await openDataset({ id, branch, endpoint: hub.url, token: 'hf_test' }).find('fevereiro'))?.title;
    assert.deepEqual([await title('main'), await title(good)], ['Falso', 'Título de fevereiro']);
  });

  test('knows a shard by its content: another commit costs nothing where it is the same', async () => {
    const dataset = createDatasetQuery({ open: () => openHubSource(id, 'main', { endpoint: hub.url }), maxAgeMs: 0 });
    assert.equal(await dataset.find('nada'), undefined);
    const path = 'data/train-2026-02.parquet';
    await writeShard(folder, path, [datasetRow('fevereiro', '2026-02-05T12:00:00Z', { title: 'Novo' })]);
    const files = [{ path, content: new Blob([await readFile(join(folder, path))]) }];
    await uploadFiles({ repo: { type: 'dataset', name: id }, accessToken: 'hf_test', hubUrl: hub.url, files });
    const before = hub.requests().length;
    assert.equal(await dataset.find('nada'), undefined);
    const read = hub
      .requests()
      .slice(before)
      .filter((line) => line.includes('/resolve/'));
    assert.ok(read.length > 0 && read.every((line) => line.endsWith(path)), `${read}`);
  });

  test('tells a dataset that is not there', async () => {
    const dataset = openDataset({ id: 'destaques/nothing', branch: 'main', endpoint: hub.url, token: 'hf_test' });
    await assert.rejects(dataset.find('janeiro'), /there is no such dataset|it is not there/);
  });
});
