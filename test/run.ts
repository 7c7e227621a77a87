/**
 * Runs the tests: `npm test [-- FILES OR PATTERNS] [--coverage]`. Brings up a real Postgres 17 with pgvector, unless
 * TEST_DATABASE_URL names one; where neither can be had, the tests that need it say that they were skipped.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NoPostgresError, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const patterns = args.filter((arg) => arg !== '--coverage');
const files = globSync(patterns.length ? patterns : ['test/**/*.test.ts'], { cwd: root }).sort();
if (files.length === 0) {
  console.error(`No test file matches ${patterns.join(' ')}`);
  process.exit(2);
}

const given = process.env.TEST_DATABASE_URL;
const server = given ? undefined : await startOrExplain();
const databaseUrl = given ?? server?.url;

const coverage = [
  '--experimental-test-coverage',
  '--test-coverage-include=functions/**',
  '--test-coverage-include=shared/**',
  '--test-coverage-include=infra/**',
  '--test-coverage-lines=80',
];
const options = ['--test', '--test-concurrency=2', '--test-timeout=300000'];
const child = spawn(process.execPath, [...options, ...(args.includes('--coverage') ? coverage : []), ...files], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    TEST_RUN_ID: randomBytes(4).toString('hex'),
    ...(databaseUrl ? { TEST_DATABASE_URL: databaseUrl } : {}),
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  server?.stop();
  process.exit(code ?? 1);
});

async function startOrExplain(): Promise<PostgresServer | undefined> {
  try {
    return await startPostgres();
  } catch (error) {
    // On CI the packages can be had, and there a skipped Postgres test is a failure.
    if (!(error instanceof NoPostgresError) || process.env.CI) throw error;
    console.error(`${error.message}. The tests that need a real Postgres are skipped.`);
    return undefined;
  }
}
