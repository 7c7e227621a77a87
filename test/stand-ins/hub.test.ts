import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  commit,
  countCommits,
  createRepo,
  datasetInfo,
  deleteFiles,
  downloadFile,
  fileDownloadInfo,
  fileExists,
  HubApiError,
  listCommits,
  listFiles,
  pathsInfo,
  repoExists,
  uploadFiles,
  whoAmI,
} from '@huggingface/hub';
import { type HubStandIn, startHub } from './hub.ts';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
const textFile = (path: string, text: string) => ({ path, content: new Blob([text]) });

describe('Hub stand-in, by @huggingface/hub', () => {
  let hub: HubStandIn;
  let folder: string;
  let number = 0;
  let name: string;
  let about: { repo: { type: 'dataset'; name: string }; accessToken: string; hubUrl: string };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-test-'));
    hub = await startHub({ dataDir: join(folder, 'data'), partSizeBytes: 1000, readToken: 'hf_read' });
  });
  after(async () => {
    await hub.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    hub.recover();
    number += 1;
    name = `destaques/news-${number}`;
    about = { repo: { type: 'dataset', name }, accessToken: 'hf_test', hubUrl: hub.url };
    await hub.create(name);
  });

  async function upload(files: Parameters<typeof uploadFiles>[0]['files'], more: { parentCommit?: string } = {}) {
    const output = await uploadFiles({ ...about, files, ...more });
    return output!.commit.oid;
  }
  const head = async () => (await hub.commits(name))[0]!.oid;
  const paths = async (revision?: string) => (await hub.files(name, revision)).map(({ path }) => path).sort();

  test('creates a dataset with the first commit that the Hub makes', async () => {
    const repo = { type: 'dataset' as const, name: `destaques/created-${number}` };
    const made = await createRepo({ ...about, repo, visibility: 'private' });
    assert.deepEqual(made, { repoUrl: `${hub.url}/datasets/${repo.name}`, id: repo.name });
    const [first, ...rest] = await hub.commits(repo.name);
    assert.deepEqual([first!.title, rest], ['initial commit', []]);
    assert.deepEqual(
      (await hub.files(repo.name)).map(({ path }) => path),
      ['.gitattributes'],
    );
    assert.equal(await repoExists({ ...about, repo }), true);
    const { accessToken: _, ...anonymous } = about;
    assert.equal(await repoExists({ ...anonymous, repo }), false);
    await assert.rejects(createRepo({ ...about, repo }), { statusCode: 409, message: /You already created/ });
  });

  test('is asked for the same dataset by many and makes it once', async () => {
    const repo = { type: 'dataset' as const, name: `destaques/raced-${number}` };
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => createRepo({ ...about, repo })));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await hub.commits(repo.name)).length, 1);
  });

  test('tells who a token belongs to', async () => {
    const { name: user, auth } = await whoAmI(about);
    assert.deepEqual([user, auth.accessToken?.role], ['stand-in', 'write']);
    assert.equal((await whoAmI({ ...about, accessToken: 'hf_read' })).auth.accessToken?.role, 'read');
    await assert.rejects(whoAmI({ ...about, accessToken: 'hf_other' }), { statusCode: 401 });
  });

  test('keeps files of both kinds, and gives them back', async () => {
    const shard = randomBytes(900);
    const oid = await upload([
      textFile('README.md', '# Notícias'),
      { path: 'data/2025-01.parquet', content: new Blob([shard]) },
    ]);
    assert.equal(oid, await head());
    assert.deepEqual(await paths(), ['.gitattributes', 'README.md', 'data/2025-01.parquet']);
    const readme = await downloadFile({ ...about, path: 'README.md' });
    assert.equal(await readme!.text(), '# Notícias');
    const file = await downloadFile({ ...about, path: 'data/2025-01.parquet' });
    assert.deepEqual(Buffer.from(await file!.arrayBuffer()), shard);
    assert.equal((await fileDownloadInfo({ ...about, path: 'data/2025-01.parquet' }))?.size, 900);
    assert.equal(await downloadFile({ ...about, path: 'data/2025-02.parquet' }), null);
    assert.equal(await fileExists({ ...about, path: 'data/2025-01.parquet' }), true);
    assert.equal(await fileExists({ ...about, path: 'data/2025-02.parquet' }), false);
  });

  test('gives a range of a file', async () => {
    const shard = randomBytes(900);
    await upload([{ path: 'a.parquet', content: new Blob([shard]) }, textFile('b.txt', '0123456789')]);
    for (const [path, content] of [['a.parquet', shard] as const, ['b.txt', Buffer.from('0123456789')] as const]) {
      const blob = await downloadFile({ ...about, path });
      assert.equal(blob!.size, content.length);
      assert.deepEqual(Buffer.from(await blob!.slice(3, 8).arrayBuffer()), content.subarray(3, 8));
    }
  });

  test('takes a large file in parts, streamed from disk', async () => {
    const content = randomBytes(3_500);
    const path = join(folder, 'parts.parquet');
    await writeFile(path, content);
    await upload([{ path: 'parts.parquet', content: pathToFileURL(path) }]);
    assert.deepEqual(await hub.content(name, 'parts.parquet'), content);
    const sent = hub.requests().filter((line) => line.includes(sha256(content)));
    assert.equal(sent.filter((line) => line.startsWith('PUT')).length, 4);
    assert.equal(sent.filter((line) => line.includes('complete_multipart')).length, 1);
  });

  test('does not ask for a content again that it has', async () => {
    const content = new Blob([randomBytes(500)]);
    await upload([{ path: 'a.parquet', content }]);
    const before = hub.requests().filter((line) => line.startsWith('PUT')).length;
    await upload([{ path: 'b.parquet', content }]);
    assert.equal(hub.requests().filter((line) => line.startsWith('PUT')).length, before);
    assert.deepEqual(await hub.content(name, 'b.parquet'), await hub.content(name, 'a.parquet'));
  });

  test('lists folders and all that is below', async () => {
    const shard = randomBytes(40);
    const oid = await upload([
      { path: 'data/full/a.parquet', content: new Blob([shard]) },
      textFile('data/notes.txt', 'Nota'),
    ]);
    const list = (params: object) => collect(listFiles({ ...about, ...params }));
    assert.deepEqual(
      (await list({})).map(({ path, type }) => `${type} ${path}`),
      ['file .gitattributes', 'directory data'],
    );
    assert.deepEqual(
      (await list({ recursive: true, path: 'data' })).map(({ path }) => path),
      ['data/full', 'data/full/a.parquet', 'data/notes.txt'],
    );
    const [file] = await list({ path: 'data/full', expand: true });
    assert.deepEqual(file?.lfs, { oid: sha256(shard), size: 40, pointerSize: 127 });
    assert.equal(file?.lastCommit?.id, oid);
    await assert.rejects(list({ path: 'nowhere' }), { statusCode: 404, message: /nowhere does not exist on "main"/ });
    assert.deepEqual(await list({ revision: oid }), await list({}));
    await assert.rejects(list({ revision: 'draft' }), { statusCode: 404, message: /Invalid rev id: draft/ });
  });

  test('lists in pages that the client follows', async () => {
    const files = Array.from({ length: 120 }, (_, index) => textFile(`pages/${index}.txt`, `${index}`));
    await upload(files);
    const list = await collect(listFiles({ ...about, path: 'pages', expand: true }));
    assert.equal(new Set(list.map(({ path }) => path)).size, 120);
    assert.equal(hub.requests().filter((line) => line.endsWith(`${name}/tree/main/pages`)).length, 3);
  });

  test('tells of some paths', async () => {
    await upload([textFile('data/a.txt', 'A')]);
    const infos = await pathsInfo({ ...about, paths: ['data/a.txt', 'data', 'data/b.txt'], expand: true });
    assert.deepEqual(
      infos.map(({ path, type, lastCommit }) => [path, type, lastCommit.title]),
      [
        ['data/a.txt', 'file', 'Add 1 files'],
        ['data', 'directory', 'Add 1 files'],
      ],
    );
  });

  test('tells of a dataset', async () => {
    const oid = await upload([textFile('a.txt', 'A')]);
    const info = await datasetInfo({ ...about, name, additionalFields: ['sha'] });
    assert.deepEqual([info.name, info.private, info.sha], [name, false, oid]);
    assert.ok(info.updatedAt.getTime() > 0);
    await assert.rejects(datasetInfo({ ...about, name: 'destaques/none' }), { statusCode: 404 });
  });

  test('keeps history, in pages too', async () => {
    const first = await upload([textFile('a.txt', 'one')]);
    await upload([textFile('a.txt', 'two')]);
    await deleteFiles({ ...about, paths: ['a.txt'], commitTitle: 'Remove' });
    const commits = await collect(listCommits({ ...about, batchSize: 2 }));
    assert.deepEqual(
      commits.map(({ title }) => title),
      ['Remove', 'Add 1 files', 'Add 1 files', 'initial commit'],
    );
    assert.equal(await countCommits(about), 4);
    assert.equal(await (await downloadFile({ ...about, path: 'a.txt', revision: first }))!.text(), 'one');
    assert.deepEqual(await paths(), ['.gitattributes']);
    await assert.rejects(deleteFiles({ ...about, paths: ['a.txt'] }), { statusCode: 404 });
  });

  test('adds and deletes in one commit', async () => {
    await upload([textFile('old.txt', 'old')]);
    await commit({
      ...about,
      title: 'Swap',
      operations: [
        { operation: 'delete', path: 'old.txt' },
        { operation: 'addOrUpdate', ...textFile('new.txt', 'new') },
      ],
    });
    assert.deepEqual(await paths(), ['.gitattributes', 'new.txt']);
  });

  test('refuses a commit whose parent is not the head', async () => {
    const parentCommit = await head();
    const oid = await upload([textFile('a.txt', 'A')], { parentCommit });
    await assert.rejects(upload([textFile('b.txt', 'B')], { parentCommit }), (error) => {
      assert.ok(error instanceof HubApiError);
      assert.equal(error.statusCode, 412);
      assert.match(error.message, /The branch was updated since you opened this page/);
      assert.match(error.requestId!, /^Root=1-/);
      return true;
    });
    assert.equal(await head(), oid);
    await upload([textFile('b.txt', 'B')], { parentCommit: oid });
  });

  test('lets one of many win that commit on the same parent', async () => {
    const parentCommit = await head();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => upload([textFile(`${index}.txt`, 'x')], { parentCommit })),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await hub.commits(name)).length, 2);
  });

  test('makes a commit of one that changes nothing', async () => {
    const first = await upload([textFile('a.txt', 'A')]);
    const second = await upload([textFile('a.txt', 'A')]);
    assert.notEqual(second, first);
    assert.equal((await hub.files(name)).find(({ path }) => path === 'a.txt')!.commit, first);
  });

  test('refuses writes without the right token', async () => {
    const file = textFile('a.txt', 'A');
    for (const [accessToken, status] of [['hf_wrong', 401] as const, ['hf_read', 403] as const]) {
      await assert.rejects(uploadFiles({ ...about, accessToken, files: [file] }), { statusCode: status });
    }
    const { accessToken: _, ...anonymous } = about;
    await assert.rejects(uploadFiles({ ...anonymous, files: [file] }), { statusCode: 401 });
    assert.equal((await hub.commits(name)).length, 1);
  });

  test('has the same repositories after a restart', async () => {
    const content = randomBytes(2_500);
    const first = await upload([{ path: 'a.parquet', content: new Blob([content]) }]);
    await upload([textFile('b.txt', 'B')]);
    const commits = await hub.commits(name);
    await hub.close();
    hub = await startHub({ dataDir: join(folder, 'data'), partSizeBytes: 1000, readToken: 'hf_read' });
    assert.deepEqual(await hub.commits(name), commits);
    assert.deepEqual(await hub.content(name, 'a.parquet', first), content);
    about = { ...about, hubUrl: hub.url };
    await upload([textFile('c.txt', 'C')], { parentCommit: commits[0]!.oid });
    assert.deepEqual(await paths(), ['.gitattributes', 'a.parquet', 'b.txt', 'c.txt']);
  });
});
