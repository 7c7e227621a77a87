import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FolderLockedError, lockFolder } from '../../../infra/local/folder-lock.ts';
import { ConfigError } from '../../../shared/errors.ts';

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Another process that takes the folder, without keeping what `lockFolder` returns, and lives until it is killed. */
async function holder(folder: string): Promise<ChildProcess> {
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL('../../../infra/local/folder-lock.ts', import.meta.url).href)};
    const take = async () => void (await lockFolder(${JSON.stringify(folder)}));
    await take();
    for (let round = 0; round < 5; round++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  assert.equal(line.toString(), 'locked\n');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

test('a folder of another process is refused by one clear line, and free once that process is killed', async (context) => {
  const folder = join(await folderFor(context), 'made/where/absent');
  const child = await holder(folder);
  try {
    await assert.rejects(lockFolder(folder), (error) => {
      assert.ok(error instanceof FolderLockedError);
      assert.match(error.message, /is in use by another process/);
      assert.ok(error.message.startsWith(folder) && !error.message.includes('\n'));
      return true;
    });
  } finally {
    await kill(child);
  }
  const unlock = await lockFolder(folder);
  unlock();
});

test('a folder is taken once within one process too, until it is given back', async (context) => {
  const folder = await folderFor(context);
  const unlock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), FolderLockedError);
  unlock();
  (await lockFolder(folder))();
});

test('a lock file that is none is emptied in place, and lets one process in', async (context) => {
  const folder = await folderFor(context);
  const path = join(folder, 'lock');
  await writeFile(path, 'x'.repeat(4096));
  const { ino } = await stat(path);
  const taken = await Promise.allSettled([lockFolder(folder), lockFolder(folder)]);
  assert.deepEqual(taken.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await stat(path)).ino, ino);
  for (const result of taken) if (result.status === 'fulfilled') result.value();
  await writeFile(path, 'x'.repeat(4096));
  const child = await holder(folder);
  try {
    await writeFile(path, 'x'.repeat(4096));
    await assert.rejects(lockFolder(folder), FolderLockedError);
  } finally {
    await kill(child);
  }
});

test('a folder that cannot be had is refused by one line that names it', async (context) => {
  const folder = await folderFor(context);
  const refused = async (path: string, pattern: RegExp) =>
    assert.rejects(lockFolder(path), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.ok(error.message.startsWith(path) && error.message.includes('--data') && !error.message.includes('\n'));
      assert.match(error.message, pattern);
      return true;
    });
  await writeFile(join(folder, 'file'), '');
  await refused(join(folder, 'file'), /is a file/);
  await refused(join(folder, 'file/data'), /is a file/);
  await mkdir(join(folder, 'odd/lock'), { recursive: true });
  await refused(join(folder, 'odd'), /locked by this user .*delete it/);

  await mkdir(join(folder, 'closed'));
  await chmod(join(folder, 'closed'), 0o555);
  await chmod(folder, 0o555);
  // Root may write anywhere.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid!(65534);
  try {
    await refused(join(folder, 'closed'), /by this user/);
    await refused(join(folder, 'new'), /by this user/);
  } finally {
    if (isRoot) process.seteuid!(0);
    await chmod(folder, 0o755);
  }
});
