import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A stand-in in a process of its own. */
export interface StandInProcess {
  url: string;
  port: number;
  apiKey: string;
  /** Says what to do wrong: `fail`, `stall`, `slow` or `recover`. */
  tell(control: string, body?: object): Promise<void>;
  /** What a GET of its API answers. */
  read(path: string): Promise<string>;
  close(): Promise<void>;
}

const script = fileURLToPath(new URL('../stand-ins/start.ts', import.meta.url));
const apiKey = 'chaos';

/** @throws {Error} when it ends before it listens. */
export async function startStandIn(name: 'typesense' | 'enricher'): Promise<StandInProcess> {
  const child = spawn(process.execPath, [script, name, '--port', '0', '--api-key', apiKey], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child, name);
  return {
    url,
    port: Number(new URL(url).port),
    apiKey,
    tell: async (control, body = {}) => {
      const answer = await fetch(`${url}/_stand-in/${control}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`The ${name} stand-in answers ${answer.status} to ${control}`);
      await answer.arrayBuffer();
    },
    read: async (path) => {
      const answer = await fetch(url + path, { headers: { 'x-typesense-api-key': apiKey } });
      if (!answer.ok) throw new Error(`The ${name} stand-in answers ${answer.status} to GET ${path}`);
      return await answer.text();
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function addressOf(child: ChildProcess, name: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The ${name} stand-in ended with code ${code}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address) resolve(address);
    });
  });
}
