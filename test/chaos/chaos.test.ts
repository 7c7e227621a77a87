import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findEmulator } from '../../infra/local/emulator-sdk.ts';
import { withoutPostgres } from '../support/database.ts';

const script = fileURLToPath(new URL('run.ts', import.meta.url));
const withoutEmulator = await findEmulator().then(
  () => false as const,
  (error: Error) => error.message,
);

async function chaos(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

describe('chaos', { skip: withoutPostgres }, () => {
  for (const bus of ['in-process', 'emulator'] as const) {
    const skip = bus === 'emulator' && withoutEmulator;
    test(`nothing is lost, doubled or stale whatever fails, bus: ${bus}`, { skip }, async () => {
      const { code, stdout, stderr } = await chaos('--articles', '120', '--seed', '5', '--bus', bus, '--json');
      assert.equal(code, 0, stderr);
      const { duplicates, kills, seconds, ...result } = JSON.parse(stdout) as Record<string, number | string>;
      assert.deepEqual(result, {
        ...{ seed: 5, bus, articles: 120, db_restarts: 2 },
        ...{ lost: 0, doubled: 0, stale: 0, outbox_left: 0, dead_letters: 0 },
      });
      assert.ok(Number(duplicates) > 20 && Number(kills) > 2 && Number(seconds) > 0, stdout);
    });
  }

  test('a run that is interrupted ends at once, and says no result', async () => {
    const child = spawn(process.execPath, [script, '--articles', '50', '--bus', 'in-process', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += String(text);
    });
    for await (const text of child.stderr) if (String(text).includes('events:')) break;
    child.kill('SIGINT');
    const [code] = (await Promise.race([once(child, 'exit'), sleep(20_000, ['late'])])) as [number | string];
    assert.deepEqual([code, stdout], [1, '']);
  });

  test('a wrong call is a usage error', async () => {
    for (const args of [
      ['--articles', 'many'],
      ['--bus', 'kafka'],
      ['--sed', '1'],
    ]) {
      assert.equal((await chaos(...args)).code, 2);
    }
  });
});
