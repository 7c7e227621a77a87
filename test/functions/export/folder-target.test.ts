import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import type { DatasetTarget } from '../../../functions/export/target.ts';
import { ConfigError, RetryableError } from '../../../shared/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stageText = async (target: DatasetTarget, path: string, text: string) => {
  const file = await target.stage();
  await file.write(Buffer.from(text));
  return { path, file, ...(await file.finish()) };
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a folder that does not exist is an empty dataset', async () => {
  const { head, files } = await createFolderTarget(join(folder, 'new')).readTree();
  assert.deepEqual([head, files.size], [null, 0]);
});

test('a commit replaces, adds and deletes shards, and moves the head', async () => {
  const target = createFolderTarget(join(folder, 'new'));
  const [a, b, c] = ['data/train-a.parquet', 'data/train-b.parquet', 'data/train-c.parquet'] as const;
  const adds = [await stageText(target, a, 'first'), await stageText(target, b, 'second')];
  assert.deepEqual([adds[0]?.sizeBytes, adds[0]?.sha256], [5, sha256('first')]);
  const first = await target.commit({ title: 'Change', parent: null, adds, deletes: [] });

  const changes = [await stageText(target, b, 'changed'), await stageText(target, c, 'third')];
  const second = await target.commit({ title: 'Change', parent: first, adds: changes, deletes: [a] });
  const { head, files } = await target.readTree();
  assert.equal(head, second);
  assert.notEqual(first, second);
  assert.deepEqual([...files.keys()].sort(), [b, c]);
  assert.deepEqual([files.get(b)?.sizeBytes, files.get(b)?.sha256], [7, sha256('changed')]);
});

test('a file that was replaced by another of its size is told by its content', async () => {
  const target = createFolderTarget(folder);
  const path = 'data/train-a.parquet';
  const adds = [await stageText(target, path, 'first')];
  await target.commit({ title: 'Change', parent: null, adds, deletes: [] });
  assert.equal((await target.readTree()).files.get(path)?.sha256, sha256('first'));
  await writeFile(join(folder, path), 'other');
  assert.equal((await target.readTree()).files.get(path)?.sha256, sha256('other'));
  await writeFile(join(folder, '.hashes.json'), '{"cut sh');
  assert.equal((await target.readTree()).files.get(path)?.sha256, sha256('other'));
});

test('what is staged cannot be seen before its commit, nor after it is discarded', async () => {
  const target = createFolderTarget(folder);
  const { file } = await stageText(target, 'data/train-a.parquet', 'first');
  assert.equal((await target.readTree()).files.size, 0);
  await file.discard();
  assert.deepEqual(await readdir(join(folder, '.staging')), []);
});

test('a commit is refused when the head has moved', async () => {
  const target = createFolderTarget(folder);
  const head = await target.commit({
    title: 'Change',
    parent: null,
    adds: [await stageText(target, 'data/train-a.parquet', 'a')],
    deletes: [],
  });
  const late = await stageText(target, 'data/train-a.parquet', 'older');
  await assert.rejects(target.commit({ title: 'Change', parent: null, adds: [late], deletes: [] }), RetryableError);
  assert.equal(await readFile(join(folder, 'data/train-a.parquet'), 'utf8'), 'a');
  assert.equal((await target.readTree()).head, head);
});

test('only shards are listed: other files of the folder are not ours', async () => {
  await mkdir(join(folder, 'data/train-folder.parquet'), { recursive: true });
  await writeFile(join(folder, 'data/notes.txt'), 'notes');
  await writeFile(join(folder, 'README.md'), 'card');
  assert.equal((await createFolderTarget(folder).readTree()).files.size, 0);
});

test('files that a killed process left behind are gone a day later', async () => {
  const target = createFolderTarget(folder);
  const staging = join(folder, '.staging');
  await mkdir(staging);
  await writeFile(join(staging, 'old'), '');
  await writeFile(join(staging, 'young'), '');
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
  await utimes(join(staging, 'old'), twoDaysAgo, twoDaysAgo);
  await target.commit({ title: 'Change', parent: null, adds: [], deletes: ['data/train-a.parquet'] });
  assert.deepEqual(await readdir(staging), ['young']);
});

test('a commit is made though something cannot be cleared away', async () => {
  const target = createFolderTarget(folder);
  await mkdir(join(folder, '.staging/no-file'), { recursive: true });
  await utimes(join(folder, '.staging/no-file'), 0, 0);
  const changes = { adds: [await stageText(target, 'data/train-a.parquet', 'a')], deletes: [] };
  const head = await target.commit({ title: 'Change', parent: null, ...changes });
  assert.equal((await target.readTree()).head, head);
});

test('a path that leads through a file is a configuration error', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file/below')]) {
    const target = createFolderTarget(path);
    await assert.rejects(target.readTree(), { name: ConfigError.name, message: /a part of that path is a file/ });
    await assert.rejects(target.stage(), ConfigError);
  }
});

test('a full disk is named, and may be emptied', async (context) => {
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (mount.status !== 0) return context.skip('a small file system cannot be mounted here');
  try {
    const file = await createFolderTarget(folder).stage();
    await assert.rejects(file.write(Buffer.alloc(1_000_000)), {
      name: RetryableError.name,
      message: `${folder} cannot hold the dataset: its disk is full; make room on it, or choose another folder`,
    });
    await file.discard();
  } finally {
    spawnSync('umount', [folder]);
  }
});
