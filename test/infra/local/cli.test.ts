import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
    'sync-hf',
    'status',
  ];
  for (const verb of verbs) assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'));
});

const usageErrors: [name: string, args: string[], pattern: RegExp][] = [
  ['a database of another kind', ['status', '--database-url', 'mysql://127.0.0.1/x'], /must be postgres:\/\//],
  ['an unknown verb', ['publish'], /unknown command 'publish'/],
  ['an unknown option', ['demo', '--fast'], /unknown option '--fast'/],
  ['a day that does not exist', ['scrape', '--start-date', '2025-02-30'], /2025-02-30.*a day that exists/],
  ['an end before the start', ['scrape', '--start-date', '2025-03-02', '--end-date', '2025-03-01'], /is before/],
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
  assert.match(destaques('migrate', 'down').stdout, /^took back 20261121080200000_delivery$/m);
  assert.match(destaques('migrate', 'status').stdout, /20261121080200000_delivery {2}pending/);
  assert.match(destaques('migrate', 'up').stdout, /^applied 20261121080200000_delivery$/m);
});

test('serve answers until it is told to stop, keeps its folder to itself, and stops cleanly', async () => {
  const args = ['serve', '--source', 'sample', '--articles', '24', '--port', '0', '--data', join(folder, 'data')];
  const server = spawn(process.execPath, [bin, ...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: server.stderr });
  let url = '';
  for await (const line of lines) {
    url = /^ {2}api +(\S+)/.exec(line)?.[1] ?? url;
    if (line.startsWith('Ctrl-C')) break;
  }
  const health = await fetch(new URL('/health', url));
  assert.equal(health.status, 200);

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
