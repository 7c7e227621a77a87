import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const starter = fileURLToPath(new URL('../support/slow-function.ts', import.meta.url));

async function start(graceMs: number): Promise<{ child: ChildProcess; url: string; lines: string[] }> {
  const child = spawn(process.execPath, [starter, String(graceMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('listening ')) resolve(line.slice('listening '.length));
    });
    child.on('exit', () => reject(new Error('it did not start')));
  });
  return { child, url: `http://127.0.0.1:${port}`, lines };
}

test('SIGTERM cuts no request: what is in work is answered, what comes is sent elsewhere, then clients are closed', async () => {
  const { child, url, lines } = await start(5_000);
  const exited = once(child, 'exit');
  assert.equal((await fetch(`${url}/1`)).status, 204);
  const inWork = [fetch(`${url}/600`), fetch(`${url}/700`)];
  await setTimeout(150);
  child.kill('SIGTERM');
  await setTimeout(150);
  assert.equal((await fetch(`${url}/1`)).status, 503);
  assert.deepEqual(
    (await Promise.all(inWork)).map(({ status }) => status),
    [204, 204],
  );
  assert.deepEqual(await exited, [0, null]);
  assert.equal(lines[1], 'closed');
  assert.match(lines[2]!, /"message":"instance ended".*"unanswered":0/);
});

test('what takes longer than there is time is left to another delivery', async () => {
  const { child, url, lines } = await start(200);
  const exited = once(child, 'exit');
  const answer = fetch(`${url}/30000`).catch(() => 'cut');
  await setTimeout(150);
  const startedAt = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.ok(performance.now() - startedAt < 25_000);
  assert.equal(await answer, 'cut');
  assert.match(lines.at(-1)!, /"unanswered":1/);
});
