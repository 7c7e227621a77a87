import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresPrefix as prefix } from '../support/postgres-server.ts';

/** A Postgres 17 of this run's own, whose commits survive its death. */
export interface Cluster {
  url: string;
  /** Ends it as a power cut would (`pg_ctl -m immediate`). */
  crash(): Promise<void>;
  /** Starts it again; it recovers from its log. */
  start(): Promise<void>;
  /** Ends it and deletes its files. */
  remove(): Promise<void>;
}

const script = fileURLToPath(new URL('../support/postgres17.sh', import.meta.url));

/** Unlike the servers of the tests, this one is durable: what is lost here would be lost in production. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: "''",
  max_connections: '200',
  shared_buffers: '256MB',
  jit: 'off',
};

/** @throws {Error} where the packages cannot be had: no Debian, or no network. */
export async function startCluster(name: string): Promise<Cluster> {
  mkdirSync(prefix, { recursive: true });
  const data = join(prefix, name);
  const port = await freePort();
  const env = { ...process.env, PGDATA: data };
  await run('bash', [script, 'fetch', prefix], env);
  await run('bash', [script, 'init', prefix], env);

  const control = (...args: string[]) => {
    const command = join(prefix, 'root/usr/lib/postgresql/17/bin/pg_ctl');
    const all = ['-D', data, '-w', '-s', ...args];
    // Postgres refuses to run as root.
    if (process.getuid?.() !== 0) return run(command, all, env);
    return run('setpriv', ['--reuid=nobody', '--regid=nogroup', '--clear-groups', command, ...all], env);
  };
  const options = Object.entries(settings).map(([key, value]) => `-c ${key}=${value}`);
  // One after the other: a run that is cut off may be starting it.
  let last: Promise<void> = Promise.resolve();
  let isRemoved = false;
  const next = (work: () => Promise<void>) => {
    last = last.catch(() => {}).then(() => (isRemoved ? undefined : work()));
    return last;
  };
  const start = () => next(() => control('-l', join(data, 'log'), '-o', `-p ${port} ${options.join(' ')}`, 'start'));
  const crash = () => next(() => control('-m', 'immediate', 'stop'));
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    crash,
    start,
    remove: async () => {
      await next(async () => {
        isRemoved = true;
        await control('-m', 'immediate', 'stop');
      }).catch(() => {});
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Output is dropped: the server would inherit a pipe, and hold it. */
async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { env, stdio: 'ignore', detached: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
