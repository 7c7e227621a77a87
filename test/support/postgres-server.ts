import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('postgres17.sh', import.meta.url));
/** Unpacked packages are kept here from one run to the next. */
export const postgresPrefix =
  process.env.TEST_POSTGRES_PREFIX ?? join(tmpdir(), `destaques-postgres17-${process.getuid?.() ?? 0}`);

export interface PostgresServer {
  url: string;
  stop(): void;
}

/** Where and why no server can be had. */
export class NoPostgresError extends Error {
  override name = 'NoPostgresError';
}

/**
 * Starts a Postgres 17 with pgvector of this run's own on loopback, from Debian's packages.
 *
 * @param settings in place of those that tests run with, by their names in Postgres.
 * @throws {NoPostgresError} where the packages cannot be had: no Debian, or no network.
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  if (spawnSync('sh', ['-c', 'command -v apt-get && command -v dpkg-deb'], { stdio: 'ignore' }).status !== 0) {
    throw new NoPostgresError('Postgres 17 comes from Debian packages, and this is no Debian: set TEST_DATABASE_URL');
  }
  mkdirSync(postgresPrefix, { recursive: true });
  const data = join(postgresPrefix, `run-${randomBytes(4).toString('hex')}`);
  const port = String(await freePort());
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const run = (command: string) =>
    spawnSync('bash', [script, command, postgresPrefix, port, ...given], {
      env: { ...process.env, PGDATA: data },
      encoding: 'utf8',
    });
  const fetched = run('fetch');
  if (fetched.status !== 0) throw new NoPostgresError(`The packages cannot be fetched: ${lastLine(fetched.stderr)}`);
  for (const command of ['init', 'start']) {
    const result = run(command);
    if (result.status !== 0) throw new Error(`Postgres 17 does not ${command}: ${result.stdout}${result.stderr}`);
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('stop');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
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
