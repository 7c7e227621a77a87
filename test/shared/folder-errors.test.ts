import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConfigError, InvalidMessageError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { codeOf, explainingFolder, ignoringAbsence } from '../../shared/folder-errors.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-errors-'));
  await writeFile(join(folder, 'file'), 'text');
});
after(() => rm(folder, { recursive: true, force: true }));

const failing = (code: string) => Promise.reject(Object.assign(new Error(`${code}: told to fail`), { code }));
const explained = (work: () => Promise<unknown>) => explainingFolder('/somewhere', 'raw pages', work);

test('the code of a system error is found, and none in what has none', async () => {
  assert.equal(await readFile(join(folder, 'absent')).catch(codeOf), 'ENOENT');
  for (const thrown of [new Error('plain'), 'ENOENT', { code: 'ENOENT' }, undefined, null]) {
    assert.equal(codeOf(thrown), undefined);
  }
});

test('what is not there is undefined, what is there is given, and other failures stay failures', async () => {
  assert.equal(await ignoringAbsence(readFile(join(folder, 'absent'), 'utf8')), undefined);
  assert.equal(await ignoringAbsence(readFile(join(folder, 'file'), 'utf8')), 'text');
  await assert.rejects(ignoringAbsence(readFile(join(folder, 'file/below'))), { code: 'ENOTDIR' });
});

test('work that succeeds gives its value', async () => {
  assert.equal(await explained(async () => 7), 7);
});

const explanations: [code: string, type: new (message: string) => Error, text: string][] = [
  ['ENOTDIR', ConfigError, 'a part of that path is a file; choose another folder'],
  ['EEXIST', ConfigError, 'a part of that path is a file; choose another folder'],
  ['EACCES', ConfigError, 'this process may not read and write there; change its rights, or choose another folder'],
  ['EPERM', ConfigError, 'this process may not read and write there; change its rights, or choose another folder'],
  ['EROFS', ConfigError, 'its disk is read-only; mount it for writing, or choose another folder'],
  ['ENOSPC', RetryableError, 'its disk is full; make room on it, or choose another folder'],
  ['EDQUOT', RetryableError, 'the quota of this user is used up; remove files, raise it, or choose another folder'],
  ['EIO', RetryableError, 'EIO: told to fail'],
];
for (const [code, type, text] of explanations) {
  test(`${code} is a ${type.name} that names the folder and what to do`, async () => {
    await assert.rejects(
      explained(() => failing(code)),
      (error: Error) => {
        assert.equal(error.constructor, type);
        assert.equal(error.message, `/somewhere cannot hold the raw pages: ${text}`);
        assert.equal(codeOf(error.cause), code);
        return true;
      },
    );
  });
}

test('the codes are those of this system', async () => {
  const below = join(folder, 'file/below');
  await assert.rejects(
    explained(() => mkdir(below)),
    ConfigError,
  );
  await assert.rejects(
    explained(() => mkdir(join(folder, 'file'), { recursive: true })),
    ConfigError,
  );
  if (!existsSync('/dev/full')) return;
  await assert.rejects(
    explained(() => writeFile('/dev/full', 'text')),
    /its disk is full/,
  );
});

test('an error whose class says what happens to the message passes as it is', async () => {
  for (const type of [ConfigError, PermanentError, InvalidMessageError, RetryableError]) {
    const error = new type('said already');
    await assert.rejects(
      explained(() => Promise.reject(error)),
      (thrown) => thrown === error,
    );
  }
});

test('a thrown value that is no error counts as one that may pass', async () => {
  await assert.rejects(
    explained(() => Promise.reject('odd')),
    { name: 'RetryableError', message: '/somewhere cannot hold the raw pages: odd' },
  );
});
