import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const runner = fileURLToPath(new URL('../run.ts', import.meta.url));
const names = globSync('*.ts', { cwd: fileURLToPath(new URL('..', import.meta.url)) })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run');

function bench(...args: string[]) {
  return spawnSync(process.execPath, [runner, ...args], { encoding: 'utf8', timeout: 60_000 });
}

test('every benchmark says what it measures and which options it has', () => {
  assert.ok(names.length >= 5);
  for (const name of names) {
    const { status, stdout, stderr } = bench(name, '--help');
    assert.deepEqual([status, stderr], [0, ''], name);
    assert.match(stdout, new RegExp(`^Usage: npm run bench -- ${name} `));
    assert.match(stdout, / {2}--json/);
  }
});

test('a wrong call measures nothing, and exits with 2 and one line', () => {
  const calls = [
    ['arrival', '--articles', 'abc'],
    ['chain', '--articles', '-5'],
    ['reconcile', '--runs', '1.5'],
    ['extract', '--seconds', '0'],
    ['extract-quality'],
    ['extract', 'pages'],
  ];
  for (const args of calls) {
    const { status, stdout, stderr } = bench(...args);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, /^error: [^\n]+\n$/);
  }
});

test('an unknown benchmark is answered with the known ones, a run that fails with one line', () => {
  const { status, stderr } = bench('speed');
  assert.equal(status, 2);
  for (const name of names) assert.match(stderr, new RegExp(`^ {2}${name} `, 'm'));
  const failed = bench('extract', '--pages', fileURLToPath(new URL('.', import.meta.url)));
  assert.deepEqual([failed.status, failed.stdout], [1, '']);
  assert.match(failed.stderr, /^error: .* holds no file \*\.html\n$/);
});
