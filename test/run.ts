/**
 * Runs the tests: `npm test [-- FILES OR PATTERNS] [--coverage]`. Brings up a real Postgres 17 with pgvector, unless
 * TEST_DATABASE_URL names one; where neither can be had, the tests that need it say that they were skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const script = join(root, 'test/support/postgres17.sh');
const prefix = process.env.TEST_POSTGRES_PREFIX ?? join(tmpdir(), `destaques-postgres17-${process.getuid?.() ?? 0}`);

const names = process.argv.slice(2);
const withCoverage = names.includes('--coverage');
const patterns = names.filter((name) => name !== '--coverage');
const files = globSync(patterns.length ? patterns : ['test/**/*.test.ts'], { cwd: root }).sort();
if (files.length === 0) {
  console.error(`No test file matches ${patterns.join(' ')}`);
  process.exit(2);
}

const runId = randomBytes(4).toString('hex');
const postgres = process.env.TEST_DATABASE_URL ? undefined : await startPostgres();
const databaseUrl = process.env.TEST_DATABASE_URL ?? postgres?.url;
if (!databaseUrl) console.error('No real Postgres can be had here: the tests that need one are skipped.');

const coverage = [
  '--experimental-test-coverage',
  '--test-coverage-include=functions/**',
  '--test-coverage-include=shared/**',
  '--test-coverage-include=infra/**',
  '--test-coverage-lines=80',
];
const child = spawn(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=300000', ...(withCoverage ? coverage : []), ...files],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_RUN_ID: runId, ...(databaseUrl ? { TEST_DATABASE_URL: databaseUrl } : {}) },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  postgres?.stop();
  process.exit(code ?? 1);
});

/** A server of this run's own; undefined where its packages cannot be had (no Debian, no network). */
async function startPostgres(): Promise<{ url: string; stop(): void } | undefined> {
  if (spawnSync('sh', ['-c', 'command -v apt-get && command -v dpkg-deb'], { stdio: 'ignore' }).status !== 0) return;
  mkdirSync(prefix, { recursive: true });
  const instance = join(prefix, `run-${runId}`);
  const port = String(await freePort());
  const run = (command: string) => spawnSync('bash', [script, command, prefix, port], { env: { ...process.env, PGDATA: instance }, encoding: 'utf8' });
  const fetched = run('fetch');
  if (fetched.status !== 0) {
    console.error(`Postgres 17 cannot be fetched: ${fetched.stderr.trim().split('\n').at(-1)}`);
    // Where the packages can be had, a skipped Postgres test is a failure.
    if (process.env.CI) process.exit(1);
    return;
  }
  for (const command of ['init', 'start']) {
    const result = run(command);
    if (result.status !== 0) throw new Error(`Postgres 17 does not ${command}: ${result.stdout}${result.stderr}`);
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('stop');
      rmSync(instance, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
