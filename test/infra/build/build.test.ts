import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../../infra/build/root.ts';

const run = promisify(execFile);

describe('npm run build', () => {
  let out: string;
  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'build-'));
  });
  after(() => rm(out, { recursive: true }));
  const build = (...args: string[]) =>
    run(process.execPath, [join(root, 'infra/build/build.ts'), '--out', out, ...args]);

  test('bundles the functions that are named, starts them, and prints one object with --json', async () => {
    const { functions } = JSON.parse((await build('dispatch', '--json')).stdout);
    assert.equal(functions.length, 1);
    const [{ name, bytes, cold_start_ms: startMs, ...rest }] = functions;
    assert.deepEqual(rest, {});
    assert.equal(name, 'dispatch');
    assert.equal(bytes, (await stat(join(out, 'dispatch/index.js'))).size);
    assert.ok(startMs > 0);
    const files = ['index.js', 'index.js.map', 'package-lock.json', 'package.json'];
    assert.deepEqual((await readdir(join(out, 'dispatch'))).sort(), files);
  });

  test('bundles the jobs of a release with what they read', async () => {
    await build('release', '--no-start');
    assert.deepEqual((await readdir(join(out, 'release'))).sort(), ['migrate', 'migrations', 'smoke']);
    assert.ok((await readdir(join(out, 'release/migrate/catalogue'))).includes('agencies.yaml'));
  });

  test('refuses a name that is none', async () => {
    await assert.rejects(build('scrap'), { code: 2 });
  });
});
