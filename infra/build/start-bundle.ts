import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { copyProductionDependencies } from './production-dependencies.ts';

/** A bundle that runs under the functions framework in a process of its own. */
export interface StartedBundle {
  url: string;
  /** From the start of the process until it takes connections. */
  startMs: number;
  stop(): Promise<void>;
}

const framework = join('node_modules', '@google-cloud', 'functions-framework', 'build', 'src', 'main.js');
const loopback = fileURLToPath(new URL('loopback.cjs', import.meta.url));
const pollMs = 2;
const hangMs = 60_000;

/**
 * Puts a bundle into an empty folder as its image holds it: with its production dependencies and nothing else, copied
 * from the repository's in place of installed.
 */
export async function installBundle(bundleFolder: string, externals: readonly string[], folder: string): Promise<void> {
  await cp(bundleFolder, folder, { recursive: true });
  await copyProductionDependencies(externals, folder);
  await compileAhead(folder);
}

/** Compiles an installed bundle as its image does (see the Dockerfile): started up to where it misses its settings. */
async function compileAhead(folder: string): Promise<void> {
  const child = spawn(process.execPath, [framework], { cwd: folder, env: imageEnvironment(folder), stdio: 'ignore' });
  await once(child, 'exit');
}

function imageEnvironment(folder: string): Record<string, string> {
  return { NODE_ENV: 'production', NODE_COMPILE_CACHE: join(folder, '.compile-cache') };
}

/**
 * Starts an installed bundle as a container does.
 *
 * @throws {Error} with what it wrote when it ends before it listens.
 */
export async function startBundle(name: string, folder: string, env: Record<string, string>): Promise<StartedBundle> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--require', loopback, framework, `--target=${name}`, `--port=${port}`], {
    cwd: folder,
    env: { ...imageEnvironment(folder), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  while (!(await isListening(port))) {
    const isHung = performance.now() - startedAt > hangMs;
    if (child.exitCode !== null || child.signalCode !== null || isHung) {
      await stop(child);
      throw new Error(`${name} did not start: ${output.trim()}`);
    }
    await delay(pollMs);
  }
  const startMs = performance.now() - startedAt;
  return { url: `http://127.0.0.1:${port}`, startMs, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
